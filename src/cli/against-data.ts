import path from 'node:path';
import type { AgainstTfjs } from '../model/against-tfjs.js';
import { TFJS_RUN } from '../runs/against-tfjs.js';

/** What goes into JSON beside the report of a Keras run: the run of tfjs-node lies in its folder. */
export function againstData(run: string, against: AgainstTfjs | null): object {
  if (against === null) return {};
  return { against: against.kind === 'skipped' ? against : { ...against, folder: path.join(run, TFJS_RUN) } };
}
