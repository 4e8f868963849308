import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-node';
import { medianInterval } from '../../engines/keras/statistics.js';
import { convertForTfjs, type TfjsModel } from '../../engines/keras/to-tfjs.js';
import { given } from '../../model/given.js';
import type { Recording } from '../../model/recording.js';
import { formatNanos } from '../../model/nanos.js';
import { controlOf, variantKey } from '../../model/variant.js';
import { markdownTable } from '../../report/text-table.js';
import { parseNpy, type GivenArray } from '../../inputs/npy.js';
import type { ProfileKerasOptions } from './profile-keras.js';
import { profileModel, type ProfileResult } from '../profile.js';
import { writeFile } from '../../runs/write-file.js';
import { openTensorFlow } from '../tensorflow.js';
import type { ProfileOptions } from '../profile-options.js';

/** One variant of either side. Ratios are to the first variant of Keras. */
export interface AgainstRow {
  readonly runtime: 'keras' | 'tfjs-node';
  readonly variant: string;
  readonly medianNanos: number;
  readonly ratio: number;
  /** Both medians' 95 % intervals divided by one another: holds with at least 90 %. */
  readonly interval: readonly [number, number];
}

export type AgainstTfjs =
  | {
      readonly kind: 'compared';
      readonly rows: readonly AgainstRow[];
      readonly form: 'layers' | 'graph';
      readonly largestRelativeDifference: number | null;
      readonly markdown: string;
      readonly tfjs: ProfileResult;
    }
  | { readonly kind: 'skipped'; readonly reason: string };

/** What goes into JSON: the run of tfjs-node lies in the folder. */
export function againstData(against: AgainstTfjs): object {
  if (against.kind === 'skipped') return against;
  const { kind, rows, form, largestRelativeDifference, tfjs } = against;
  return { kind, rows, form, largestRelativeDifference, folder: tfjs.folder };
}

export interface AgainstOptions {
  readonly keras: ProfileKerasOptions;
  readonly calls?: number;
  readonly warmup?: number;
  readonly onProgress?: ProfileOptions['onProgress'];
}

/**
 * Runs the same weights in tfjs-node, fed the same input, and puts both beside each other. The two are measured one
 * after the other, in two processes: intervals are wider than of variants that take turns.
 *
 * @param result of the Keras run, in whose folder `tfjs/` and `against-tfjs.md` are written
 * @throws UserError as profileModel does
 */
export async function againstTfjs(model: string, result: ProfileResult, options: AgainstOptions): Promise<AgainstTfjs> {
  const converted = await convertForTfjs({ ...options.keras, model }, path.join(result.folder, 'tfjs-model'));
  if (converted.kind === 'skipped') return converted;
  const { calls, warmup, onProgress } = options;
  const { batch, signal } = options.keras;
  const one = converted.inputs.length === 1;
  const tfjs = await profileModel(path.dirname(converted.file), {
    out: path.join(result.folder, 'tfjs'),
    ...(one ? { inputs: converted.inputs } : { batch: batch ?? 1 }),
    ...given({ calls, warmup, onProgress, signal }),
  });
  const rows = rowsOf(result.recording, tfjs.recording);
  const difference = one ? await differenceOf(converted) : null;
  const markdown = markdownOf(rows, converted.form, difference);
  writeFile(path.join(result.folder, 'against-tfjs.md'), markdown);
  return { kind: 'compared', rows, form: converted.form, largestRelativeDifference: difference, markdown, tfjs };
}

function rowsOf(keras: Recording, tfjs: Recording): AgainstRow[] {
  const sides = [
    ...latenciesOf(keras).map((row) => ({ runtime: 'keras' as const, ...row })),
    ...latenciesOf(tfjs).map((row) => ({ runtime: 'tfjs-node' as const, ...row })),
  ];
  const base = medianInterval(sides[0]?.latencies ?? []);
  return sides.flatMap(({ runtime, variant, latencies }) => {
    const own = medianInterval(latencies);
    if (own === null || base === null) return [];
    return [
      {
        runtime,
        variant,
        medianNanos: own.median,
        ratio: own.median / base.median,
        interval: [own.interval[0] / base.interval[1], own.interval[1] / base.interval[0]] as const,
      },
    ];
  });
}

/** Measured, untraced, error-free calls; the last 1000 of each variant. */
function latenciesOf({ meta, calls }: Recording): { readonly variant: string; readonly latencies: readonly number[] }[] {
  return meta.variants.flatMap((variant, index) =>
    controlOf(variant) !== null
      ? []
      : [
          {
            variant: variantKey(variant),
            latencies: calls
              .filter((call) => call.variant === index && call.round >= 0 && call.traced !== true && call.error === undefined)
              .slice(-1000)
              .map(({ latencyNanos }) => latencyNanos),
          },
        ],
  );
}

/** Largest |a - b| / (|a| + 1e-6) of the first output, for the input that Keras was fed. */
async function differenceOf({ file, form, inputs, output }: Extract<TfjsModel, { kind: 'converted' }>): Promise<number | null> {
  const { tf } = await openTensorFlow();
  const given = parseNpy(readFileSync(inputs[0] as string), 'the input');
  const expected = parseNpy(readFileSync(output), 'the output');
  const model = form === 'layers' ? await tf.loadLayersModel(`file://${file}`) : await tf.loadGraphModel(`file://${file}`);
  try {
    const found = tf.tidy(() => {
      const result = model.predict(tf.tensor(given.data as Float32Array, [...given.shape], 'float32'));
      return ((Array.isArray(result) ? result[0] : result) as Tensor).dataSync();
    });
    return largestRelativeDifference(found, expected.data);
  } finally {
    model.dispose();
  }
}

/** Largest |a - b| / (|a| + 1e-6), `expected` being a; null when there is nothing to compare or a value is no number. */
export function largestRelativeDifference(found: ArrayLike<number>, expected: GivenArray['data']): number | null {
  let largest = found.length === 0 || found.length !== expected.length ? Number.NaN : 0;
  for (let index = 0; index < found.length; index++) {
    const wanted = Number(expected[index]);
    largest = Math.max(largest, Math.abs((found[index] as number) - wanted) / (Math.abs(wanted) + 1e-6));
  }
  return Number.isNaN(largest) ? null : largest;
}

function markdownOf(rows: readonly AgainstRow[], form: 'layers' | 'graph', difference: number | null): string {
  const cells = rows.map(({ runtime, variant, medianNanos, ratio, interval }) => [
    runtime,
    variant,
    formatNanos(medianNanos),
    `${ratio.toPrecision(3)} (${interval[0].toPrecision(3)} – ${interval[1].toPrecision(3)})`,
  ]);
  const table = markdownTable(
    ['runtime', 'variant', 'median call', `÷ Keras ${rows[0]?.variant ?? ''} (at least 90 %)`],
    ['left', 'left', 'right', 'right'],
    cells,
  );
  const same =
    difference === null
      ? 'outputs were not compared (several inputs)'
      : `largest relative difference of the outputs ${difference.toExponential(1)}`;
  return `## Against tfjs-node\n\nThe same weights and input, converted to a ${form} model by the official converter; ${same}. The two were measured one after the other.\n\n${table}\n`;
}
