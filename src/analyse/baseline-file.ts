import { Ajv } from 'ajv';
import { EXIT, UserError } from '../model/errors.js';
import { type Baseline, BASELINE_VERSION } from '../model/gate.js';
import { baseline } from '../model/schemas.js';
import { shapeCheck } from '../model/shape-check.js';

/** A baseline as text, to be kept next to the code. */
export const writeBaseline = (baseline: Baseline): string =>
  `${JSON.stringify(baseline, null, 2).replace(/\[[\d,\s.nul]*\]/g, (list) => list.replaceAll(/\s+/g, ' '))}\n`;

/** Reads a baseline. @throws UserError that names the bad field. `file`: for messages. */
export function readBaseline(text: string, file: string): Baseline {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new UserError(`${file} is not a baseline, because it is not JSON: make one with \`inferscope baseline\`.`, EXIT.badInput, {
      cause: thrown,
    });
  }
  const bad = badField(value);
  if (bad !== null) {
    throw new UserError(`${file} is not a baseline that this version can read: ${bad}. Make one with \`inferscope baseline\`.`);
  }
  return value as Baseline;
}

const check = shapeCheck(() => new Ajv({ strictTypes: false, useDefaults: true }).compile(baseline));

function badField(value: unknown): string | null {
  const version = typeof value === 'object' && value !== null && 'baselineVersion' in value ? value.baselineVersion : undefined;
  if (version !== undefined && version !== BASELINE_VERSION) return `baselineVersion is ${shown(version)}, not ${BASELINE_VERSION}`;
  const problem = check(value);
  return problem === null ? null : `${problem.field === '' ? 'it' : problem.field} ${problem.why}`;
}

/** `JSON.stringify` of what may be long. */
const shown = (value: unknown): string => JSON.stringify(value).slice(0, 80);
