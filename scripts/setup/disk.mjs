import fs from 'node:fs';
import path from 'node:path';
import { SetupProblem } from './problem.mjs';
import { megabytes } from './progress.mjs';

/**
 * Better to say so before the download than after it.
 * @param {string} folder need not exist yet
 * @param {number} neededBytes
 * @param {(folder: string) => {bavail: number, bsize: number}} [statfs]
 */
export function requireSpace(folder, neededBytes, statfs = fs.statfsSync) {
  const free = freeBytes(folder, statfs);
  if (free >= neededBytes) return;
  throw new SetupProblem('disk', `TensorFlow needs ${megabytes(neededBytes)} in ${folder}, where ${megabytes(free)} are free: free some space, or set INFERSCOPE_CACHE to a folder on a larger disk, and run this again.`);
}

/** @param {string} folder @param {(folder: string) => {bavail: number, bsize: number}} [statfs] */
export function freeBytes(folder, statfs = fs.statfsSync) {
  let existing = folder;
  while (!fs.existsSync(existing) && path.dirname(existing) !== existing) existing = path.dirname(existing);
  const { bavail, bsize } = statfs(existing);
  return bavail * bsize;
}

/** Bytes of all files below a folder that another process is writing to. @param {string} folder @returns {number} */
export function bytesBelow(folder) {
  let bytes = 0;
  try {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      const inner = path.join(folder, entry.name);
      bytes += entry.isDirectory() ? bytesBelow(inner) : fs.statSync(inner).size;
    }
  } catch {
    // It was moved away while we looked.
  }
  return bytes;
}
