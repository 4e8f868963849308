import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';

/** Enough of a model.json to see what it is. */
const HEAD_BYTES = 65_536;

/** Whether a path leads to a model that TensorFlow.js reads, and not to a run or a profile of another tool. Nothing is loaded. */
export function looksLikeTensorFlowModel(file: string): boolean {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (stat.isDirectory()) return ['model.json', 'saved_model.pb'].some((name) => existsSync(path.join(file, name)));
  return path.basename(file) === 'saved_model.pb' || (file.endsWith('.json') && stat.isFile() && headOf(file).includes('"modelTopology"'));
}

function headOf(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.toString('latin1', 0, readSync(descriptor, head));
  } finally {
    closeSync(descriptor);
  }
}
