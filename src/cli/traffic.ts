import { existsSync } from 'node:fs';
import { signatureRows } from '../analyse/signatures.js';
import type { Traffic } from '../measure/trials/traffic.js';
import { readRun } from '../runs/run-folder.js';
import { EXIT, UserError } from '../model/errors.js';
import { openBatchOf } from '../model/signatures.js';

/**
 * Batch sizes with their calls: written down (`1x500,7x40`), or those of a recorded run (a folder or recording).
 * @throws UserError (usage) for what is neither, and for fewer than two sizes
 */
export function trafficFrom(text: string): readonly Traffic[] {
  const parts = text.split(',').map((part) => /^\s*(\d+)[x×](\d+)\s*$/.exec(part));
  const written = parts.flatMap((part) => (part === null ? [] : [{ batch: Number(part[1]), calls: Number(part[2]) }]));
  if (written.length < parts.length && !existsSync(text)) {
    throw new UserError(
      `--traffic ${text} is neither batch sizes with their calls, such as 1x500,7x40, nor a run: write SIZExCALLS, or give a run folder.`,
      EXIT.usage,
    );
  }
  const traffic = written.length < parts.length ? recorded(text) : written;
  const sizes = new Set(traffic.map(({ batch }) => batch));
  if (sizes.size < 2 || traffic.some(({ batch, calls }) => batch === 0 || calls === 0)) {
    throw new UserError(
      `--traffic ${text} needs two or more batch sizes above 0, each with calls: padding one size has nothing to save.`,
      EXIT.usage,
    );
  }
  return traffic;
}

function recorded(run: string): Traffic[] {
  return signatureRows(readRun(run)).flatMap(({ signature, hits, misses }) => {
    const open = openBatchOf(signature);
    return open === null ? [] : [{ ...open, calls: hits + misses }];
  });
}
