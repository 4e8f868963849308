import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { EXIT, UserError } from '../model/errors.js';
import { shapeCheck } from '../model/shape-check.js';
import { SPAN_KINDS } from '../model/span.js';
import { STAGES } from '../model/stage.js';
import { SCRIPT_STACKS_VERSION, type ScriptStacks } from '../model/script.js';

const number = { type: 'number', minimum: 0 } as const;
const list = (items: object): object => ({ type: 'array', items });
const object = (properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object => ({
  type: 'object',
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});

const step = object({ name: { type: 'string' }, kind: { enum: SPAN_KINDS }, stage: { enum: STAGES } });
const stack = object({ frames: list({ type: 'string' }), samples: number, blocks: list(number), stage: { enum: STAGES } }, [
  'blocks',
  'stage',
]);
const SCHEMA = object({
  version: { type: 'integer', minimum: 1, maximum: SCRIPT_STACKS_VERSION },
  variants: list(
    object(
      {
        key: { type: 'string' },
        calls: number,
        medianNanos: number,
        intervalMicros: number,
        inMeasuredCalls: { type: 'boolean' },
        samples: number,
        gcSamples: number,
        spans: list(object({ path: list(step), stacks: list(stack) })),
      },
      ['inMeasuredCalls'],
    ),
  ),
});

const check = shapeCheck(() => new Ajv({ allErrors: false }).compile(SCHEMA));

/** JavaScript stacks of a run as the text of `js/stacks.json`. */
export const writeScriptStacks = (stacks: ScriptStacks): string => `${JSON.stringify(stacks)}\n`;

/** Reads {@link writeScriptStacks}. @throws UserError that names the field at fault */
export function readScriptStacks(file: string, text: string): ScriptStacks {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${file} is not complete JSON: remove it to see the run without JavaScript stacks.`, EXIT.badInput, { cause });
  }
  const problem = check(json);
  if (problem === null) return json as ScriptStacks;
  throw new UserError(`${file}: ${problem.field} ${problem.why}; remove it to see the run without JavaScript stacks.`, EXIT.badInput);
}

/** Place of the stacks in a run folder. */
export const STACKS = path.join('js', 'stacks.json');

/** The JavaScript stacks of a run folder; null where there are none. @throws UserError when they are damaged */
export function scriptStacksOf(run: string): ScriptStacks | null {
  const file = path.join(run, STACKS);
  return existsSync(file) ? readScriptStacks(file, readFileSync(file, 'utf8')) : null;
}
