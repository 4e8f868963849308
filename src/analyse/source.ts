import type { Recording } from '../model/recording.js';
import type { Held } from '../model/held.js';
import type { CallRows } from './call-rows.js';
import type { Attribution } from './attribution.js';
import { Names } from './names.js';

/** One recording, or a piece of it, with what was worked out about it. */
export interface Source {
  readonly recording: Recording;
  /** What it is a piece of, and its first call in that. */
  readonly whole: Recording;
  readonly firstCall: number;
  readonly index: number;
  readonly rows: CallRows;
  /** What each call holds of the event loop; null where there is none. */
  readonly held: readonly (Held | null)[] | null;
  readonly attribution: Attribution;
  /** Nanoseconds from the first recording's origin to this one's. */
  readonly shiftNanos: number;
  /** Total time per row: own wall time and that of all descendants. */
  readonly totals: Float64Array;
  readonly names: Names;
  /** Shared name id of each of the recording's strings. */
  readonly nameIds: Uint32Array;
  /** Frame of each row, filled call by call. */
  readonly frames: Int32Array;
}
