import { EXIT, UserError } from '../model/errors.js';
import { type Baseline, BASELINE_VERSION } from '../model/gate.js';

/** A baseline as text, to be kept next to the code. */
export const writeBaseline = (baseline: Baseline): string => `${JSON.stringify(baseline, null, 2).replace(/\[[\d,\s.nul]*\]/g, (list) => list.replaceAll(/\s+/g, ' '))}\n`;

/** Reads a baseline. @throws UserError that names the bad field. `file`: for messages. */
export function readBaseline(text: string, file: string): Baseline {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new UserError(`${file} is not a baseline, because it is not JSON: make one with \`inferscope baseline\`.`, EXIT.badInput, { cause: thrown });
  }
  const bad = badField(value);
  if (bad !== null) {
    throw new UserError(`${file} is not a baseline that this version can read: ${bad}. Make one with \`inferscope baseline\`.`);
  }
  return value as Baseline;
}

function badField(value: unknown): string | null {
  if (!isObject(value)) return 'it holds no object';
  if (value['baselineVersion'] !== BASELINE_VERSION) {
    return `baselineVersion is ${JSON.stringify(value['baselineVersion'])}, not ${BASELINE_VERSION}`;
  }
  const { meta, variants } = value;
  if (!isObject(meta) || !isObject(meta['model']) || !isObject(meta['environment'])) return 'meta lacks the model or the environment';
  if (!Array.isArray(variants) || variants.length === 0) return 'variants is empty';
  for (const [index, variant] of (variants as unknown[]).entries()) {
    if (!isObject(variant) || typeof variant['key'] !== 'string') return `variants[${index}].key is missing`;
    for (const field of ['sessionNanos', 'sessionReferenceNanos', 'sessionLoopNanos']) {
      const values = variant[field];
      if (!Array.isArray(values) || values.length < 2 || !values.every((one) => typeof one === 'number' && one > 0)) {
        return `variants[${index}].${field} must hold two or more positive numbers`;
      }
    }
    if (variant['sessionPercentiles'] !== undefined && !arePercentiles(variant['sessionPercentiles'])) return `variants[${index}].sessionPercentiles must hold lists of 99 numbers or nulls`;
    if (!isObject(variant['stageNanos'])) return `variants[${index}].stageNanos is missing`;
  }
  return null;
}

const arePercentiles = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => Array.isArray(one) && one.length === 99 && one.every((nanos) => nanos === null || (typeof nanos === 'number' && nanos > 0)));

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
