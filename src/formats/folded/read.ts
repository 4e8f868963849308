import type { ForeignProfile } from '../../model/foreign.js';
import { damaged } from '../checks.js';
import { TreeBuilder } from '../foreign-profile.js';
import { textLines } from '../lines.js';
import type { ByteSource } from '../source.js';

const ONE = /^(.*\S|)\s+(\d+(?:\.\d*)?)$/;
const TWO = /^(.*\S|)\s+(\d+(?:\.\d*)?)\s+(\d+(?:\.\d*)?)$/;
/** A stack without a frame, as py-spy writes of a thread that is in no function of Python. */
const NO_STACK = '(no stack)';

/**
 * Collapsed stacks: `a;b;c 120`, or `a;b;c 120 90` for a difference, which gives two profiles. The unit is taken
 * from the file's name (`.nanos.`, `.micros.`, `.millis.`); without one a count is shown as that many nanoseconds.
 *
 * @throws UserError that names the line at fault
 */
export function readFoldedStacks(source: ByteSource): readonly ForeignProfile[] {
  const { name } = source;
  const unit = unitOf(name);
  const { isDifference, root, stacks } = survey(source);
  if (stacks === 0) throw damaged(name, 'there is no stack in it');
  const pattern = isDifference ? TWO : ONE;
  const builders = (isDifference ? ['before', 'after'] : ['']).map(() => new TreeBuilder(root ?? name, undefined, name));
  for (const { line, number } of linesOf(source)) {
    const { path, values } = parse(name, line, number, pattern);
    builders.forEach((builder, side) => {
      const value = (values[side] ?? 0) * (unit?.nanos ?? 1);
      if (value > 0) builder.add(root === null ? path : path.slice(1), value);
    });
  }
  const notes = unit === null ? ['The file does not state a unit: a count of 1 is shown as 1 ns.'] : [];
  return builders.map((builder, side): ForeignProfile => ({
    name: builders.length === 1 ? name : `${name} (${side === 0 ? 'before' : 'after'})`,
    format: 'collapsed',
    unit: unit === null ? 'count' : 'time',
    taken: unit === null ? 'samples' : 'measured',
    tree: builder.finish(unit === null ? 'counts' : 'none'),
    notes,
  }));
}

/** What must be known of all lines before the first is read: whether each ends in two counts, and what all stacks begin with. */
function survey(source: ByteSource): { readonly isDifference: boolean; readonly root: string | null; readonly stacks: number } {
  let allTwo = true;
  let isProse = !/collapsed|folded/i.test(source.name);
  let stacks = 0;
  let root: string | null = null;
  const byName = differenceByName(source.name);
  for (const { line, number } of linesOf(source)) {
    allTwo &&= TWO.test(line);
    const { path } = parse(source.name, line, number, byName === true ? TWO : ONE);
    const first = path[0] ?? '';
    isProse &&= path.length === 1 && /\w\s+\w/.test(first);
    root = stacks === 0 || root === first ? first : null;
    stacks++;
  }
  // `listening on 8080`: text whose lines happen to end in numbers.
  if (isProse && stacks > 0) throw damaged(source.name, 'no line of it is “frame;frame count”');
  return { isDifference: byName ?? allTwo, root, stacks };
}

/** Lines that are stacks, with their numbers. */
function* linesOf(source: ByteSource): Iterable<{ readonly line: string; readonly number: number }> {
  let number = 0;
  for (const line of textLines(source)) {
    number++;
    if (line.trim() !== '' && !line.startsWith('#')) yield { line, number };
  }
}

/** Whether the name of a file says that it is a difference; null where it says nothing, and the lines decide. */
function differenceByName(name: string): boolean | null {
  if (/difffolded/i.test(name)) return true;
  return /collapsedstack/i.test(name) ? false : null;
}

function parse(file: string, line: string, number: number, pattern: RegExp): { path: readonly string[]; values: readonly number[] } {
  const match = pattern.exec(line);
  if (match?.[1] === undefined) throw damaged(file, `line ${number} is not “frame;frame count”`);
  return {
    path: match[1] === '' ? [NO_STACK] : match[1].split(';'),
    values: [match[2], match[3]].filter((value) => value !== undefined).map(Number),
  };
}

function unitOf(name: string): { readonly nanos: number } | null {
  if (/[.-](?:nanos|ns)\b/i.test(name)) return { nanos: 1 };
  if (/[.-]nanos-per-call\b/i.test(name)) return { nanos: 1 };
  if (/[.-](?:micros|us)\b/i.test(name)) return { nanos: 1e3 };
  return /[.-](?:millis|ms)\b/i.test(name) ? { nanos: 1e6 } : null;
}
