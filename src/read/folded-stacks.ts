import type { ForeignProfile } from '../model/foreign.js';
import { damaged, TreeBuilder } from './foreign-profile.js';

const ONE = /^(.*\S)\s+(\d+(?:\.\d+)?)$/;
const TWO = /^(.*\S)\s+(\d+(?:\.\d+)?)\s+(\d+(?:\.\d+)?)$/;

/**
 * Collapsed stacks: `a;b;c 120`, or `a;b;c 120 90` for a difference, which gives two profiles. The unit is taken
 * from the file's name (`.nanos.`, `.micros.`, `.millis.`); without one a count is shown as that many nanoseconds.
 *
 * @throws UserError that names the line at fault
 */
export function readFoldedStacks(name: string, text: string): readonly ForeignProfile[] {
  const unit = unitOf(name);
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const written = lines.map((line, i) => ({ line, number: i + 1 })).filter(({ line }) => line.trim() !== '' && !line.startsWith('#'));
  const pattern = isDifference(name, written) ? TWO : ONE;
  const stacks = written.map(({ line, number }) => parse(name, line, number, pattern));
  if (stacks.length === 0) throw damaged(name, 'there is no stack in it');
  const sides = pattern === TWO ? [0, 1] : [0];
  const root = commonRoot(stacks.map(({ path }) => path));
  return sides.map((side) => {
    const builder = new TreeBuilder(root ?? name);
    for (const { path, values } of stacks) {
      const value = (values[side] ?? 0) * (unit?.nanos ?? 1);
      if (value > 0) builder.add(root === null ? path : path.slice(1), value);
    }
    const label = sides.length === 1 ? name : `${name} (${side === 0 ? 'before' : 'after'})`;
    return { name: label, format: 'collapsed' as const, unit: unit === null ? ('count' as const) : ('time' as const), taken: unit === null ? ('samples' as const) : ('measured' as const), tree: builder.finish(unit === null ? 'counts' : 'none'), notes: unit === null ? ['The file does not state a unit: a count of 1 is shown as 1 ns.'] : [] };
  });
}

/** The name says which; without a telling name, a file is a difference when every line ends in two counts. */
function isDifference(name: string, written: readonly { readonly line: string }[]): boolean {
  if (/difffolded/i.test(name)) return true;
  return !/collapsedstack/i.test(name) && written.every(({ line }) => TWO.test(line));
}

function parse(file: string, line: string, number: number, pattern: RegExp): { path: readonly string[]; values: readonly number[] } {
  const match = pattern.exec(line);
  if (match?.[1] === undefined) throw damaged(file, `line ${number} is not “frame;frame count”`);
  return { path: match[1].split(';'), values: [match[2], match[3]].filter((value) => value !== undefined).map(Number) };
}

function commonRoot(paths: readonly (readonly string[])[]): string | null {
  const first = paths[0]?.[0];
  return first !== undefined && paths.every((path) => path[0] === first) ? first : null;
}

function unitOf(name: string): { readonly nanos: number } | null {
  if (/[.-](?:nanos|ns)\b/i.test(name)) return { nanos: 1 };
  if (/[.-]nanos-per-call\b/i.test(name)) return { nanos: 1 };
  if (/[.-](?:micros|us)\b/i.test(name)) return { nanos: 1e3 };
  return /[.-](?:millis|ms)\b/i.test(name) ? { nanos: 1e6 } : null;
}
