import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-node';
import { convertForTfjs, type TfjsModel } from '../../engines/keras/to-tfjs.js';
import { given } from '../../model/given.js';
import type { AgainstTfjs } from '../../model/against-tfjs.js';
import { renderAgainstTfjs } from '../../report/studies/against-tfjs.js';
import { parseNpy, type GivenArray } from '../../inputs/npy.js';
import type { ProfileKerasOptions } from './profile-keras.js';
import { profileModel, type ProfileResult } from '../profile.js';
import { againstTfjsIn, TFJS_RUN, writeAgainst } from '../../runs/against-tfjs.js';
import { writeFile } from '../../runs/write-file.js';
import { openTensorFlow } from '../../engines/tensorflow/open.js';
import type { ProfileOptions } from '../profile-options.js';

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
 * @param result of the Keras run, in whose folder `tfjs/`, `against-tfjs.json` and `against-tfjs.md` are written
 * @returns what the folder says
 * @throws UserError as profileModel does
 */
export async function againstTfjs(model: string, { folder }: ProfileResult, options: AgainstOptions): Promise<AgainstTfjs | null> {
  const converted = await convertForTfjs({ ...options.keras, model }, path.join(folder, 'tfjs-model'));
  if (converted.kind === 'skipped') writeAgainst(folder, converted);
  else await measureTfjs(folder, converted, options);
  const against = againstTfjsIn(folder);
  if (against?.kind === 'compared') writeFile(path.join(folder, 'against-tfjs.md'), renderAgainstTfjs(against));
  return against;
}

async function measureTfjs(
  folder: string,
  converted: Extract<TfjsModel, { kind: 'converted' }>,
  { keras: { batch, signal }, calls, warmup, onProgress }: AgainstOptions,
): Promise<void> {
  const one = converted.inputs.length === 1;
  await profileModel(path.dirname(converted.file), {
    out: path.join(folder, TFJS_RUN),
    ...(one ? { inputs: converted.inputs } : { batch: batch ?? 1 }),
    ...given({ calls, warmup, onProgress, signal }),
  });
  writeAgainst(folder, {
    kind: 'compared',
    form: converted.form,
    largestRelativeDifference: one ? await differenceOf(converted) : null,
  });
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
