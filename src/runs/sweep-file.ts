import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { fitted } from '../analyse/fitted-sweep.js';
import { EXIT, UserError } from '../model/errors.js';
import { amount, count, text, texts } from '../model/schemas.js';
import { shapeCheck } from '../model/shape-check.js';
import { DIMENSIONS, type MeasuredSweep, type Sweep } from '../model/sweep.js';
import { tellSweep } from '../report/studies/sweep/words.js';
import { writeFile } from './write-file.js';

const FILE = 'sweep.json';
const list = (items: object): object => ({ type: 'array', items });
const object = (properties: Readonly<Record<string, object>>): object => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

const point = { type: 'object', required: ['size', 'nanos'], properties: { size: amount, nanos: amount, process: count } };

const MEASURED = object({
  model: text,
  dimension: { enum: Object.keys(DIMENSIONS) },
  sizes: list(count),
  items: list(count),
  at: amount,
  confidence: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
  variants: list(object({ key: text, points: list(point) })),
  environment: list({ type: 'array', items: text, minItems: 2, maxItems: 2 }),
  notes: texts,
});
const check = shapeCheck(() => new Ajv({ allErrors: false, strict: false }).compile(MEASURED));

/** Writes a sweep into its folder. @throws UserError when it cannot be written */
export const writeSweep = (folder: string, sweep: Sweep): void => writeFile(path.join(folder, FILE), `${JSON.stringify(sweep, null, 2)}\n`);

/** The sweep of a folder, its lines fitted again to what was measured; null where there is none. @throws UserError when it is damaged */
export function sweepIn(folder: string): Sweep | null {
  const file = path.join(folder, FILE);
  if (!existsSync(file)) return null;
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new UserError(`${file} is not complete JSON: restore it from a copy, or sweep again.`, EXIT.badInput, { cause });
  }
  const problem = check(json);
  if (problem !== null)
    throw new UserError(`${file}: ${problem.field} ${problem.why}; restore it from a copy, or sweep again.`, EXIT.badInput);
  const { model, dimension, sizes, items, at, confidence, variants, environment, notes } = json as MeasuredSweep;
  return tellSweep(fitted({ model, dimension, sizes, items, at, confidence, variants, environment, notes }));
}
