import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { medianInterval } from '../engines/keras/statistics.js';
import type { AgainstFacts, AgainstRow, AgainstTfjs } from '../model/against-tfjs.js';
import { EXIT, UserError } from '../model/errors.js';
import type { Recording } from '../model/recording.js';
import { amount, orNull, text } from '../model/schemas.js';
import { shapeCheck } from '../model/shape-check.js';
import { controlOf, variantKey } from '../model/variant.js';
import { readRun } from './run-folder.js';
import { writeFile } from './write-file.js';

/** The run of tfjs-node, in the folder of the Keras run. */
export const TFJS_RUN = 'tfjs';
const FILE = 'against-tfjs.json';

const check = shapeCheck(() =>
  new Ajv({ allErrors: false, strict: false }).compile({
    type: 'object',
    required: ['kind'],
    properties: {
      kind: { enum: ['compared', 'skipped'] },
      form: { enum: ['layers', 'graph'] },
      largestRelativeDifference: orNull(amount),
      reason: text,
    },
    if: { properties: { kind: { const: 'compared' } } },
    then: { required: ['form', 'largestRelativeDifference'] },
    else: { required: ['reason'] },
  }),
);

/** Writes beside the two recordings what they do not tell. @throws UserError when it cannot be written */
export const writeAgainst = (run: string, facts: AgainstFacts): void => writeFile(path.join(run, FILE), `${JSON.stringify(facts)}\n`);

/** A Keras run beside the run of tfjs-node in its folder; null where there is none. @throws UserError when the files are damaged */
export function againstTfjsIn(run: string): AgainstTfjs | null {
  const file = path.join(run, FILE);
  if (!existsSync(file)) return null;
  const facts = factsIn(file);
  const [keras] = readRun(run);
  if (facts.kind === 'skipped' || keras === undefined) return facts.kind === 'skipped' ? facts : null;
  const [tfjs] = readRun(path.join(run, TFJS_RUN));
  return tfjs === undefined ? null : { ...facts, rows: rowsOf(keras, tfjs) };
}

function factsIn(file: string): AgainstFacts {
  const wrong = (why: string, cause?: unknown): UserError =>
    new UserError(`${file} ${why}: remove it to see the run without the comparison with tfjs-node.`, EXIT.badInput, { cause });
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw wrong('is not complete JSON', cause);
  }
  const problem = check(json);
  if (problem !== null) throw wrong(`has a wrong field (${problem.field} ${problem.why})`);
  return json as AgainstFacts;
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
