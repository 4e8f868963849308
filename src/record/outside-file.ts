/**
 * What the processes of a run say of the operations that they ran outside of any call: beside the recordings, because a program
 * without a call has none.
 */
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { OutsideKernel } from '../model/outside-operations.js';
import { makeFolder } from './make-folder.js';

const FILE_NAME = 'outside-operations.jsonl';

interface Line {
  /** Process and thread. A later line of the same one replaces the earlier. */
  readonly from: string;
  readonly kernels: readonly OutsideKernel[];
}

/** Notes all that a process and thread has run until now. */
export function noteOutside(folder: string, line: Line): void {
  makeFolder(folder);
  appendFileSync(path.join(folder, FILE_NAME), `${JSON.stringify(line)}\n`);
}

/** What all processes and threads of a run have noted, each by kernel. */
export function outsideIn(folder: string): OutsideKernel[] {
  const last = new Map<string, readonly OutsideKernel[]>();
  for (const text of linesOf(folder)) {
    const line = asLine(text);
    if (line !== undefined) last.set(line.from, line.kernels);
  }
  return [...last].flatMap(([from, kernels]) => kernels.map(({ name, count, nanos }) => ({ name, count, nanos, from })));
}

/** Of a run that has nothing else, so that its folder is empty. */
export function dropOutside(folder: string): void {
  rmSync(path.join(folder, FILE_NAME), { force: true });
}

function linesOf(folder: string): string[] {
  try {
    return readFileSync(path.join(folder, FILE_NAME), 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** The last line of a process that was killed while it wrote is no line. */
function asLine(text: string): Line | undefined {
  try {
    const { from, kernels } = JSON.parse(text) as Partial<Line>;
    return from === undefined || !Array.isArray(kernels) ? undefined : { from, kernels: kernels.filter(isKernel) };
  } catch {
    return undefined;
  }
}

const isKernel = (value: unknown): value is OutsideKernel =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'count' in value &&
  typeof value.count === 'number' &&
  'nanos' in value &&
  typeof value.nanos === 'number';
