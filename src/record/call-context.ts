import type { CallScope } from '../model/recorder.js';
import { RowBuffer } from './row-buffer.js';
import { nowMillis } from './clock.js';

/**
 * The rows of one call while it runs: its own buffer and its own stack, so that concurrent calls cannot mix.
 * Row 0 is the root. `open` and `close` are the hot path.
 */
export class CallContext implements CallScope {
  readonly rows: RowBuffer;
  serial = 0;
  /** Row that is open now, -1 before the root and after it. */
  top = -1;
  /** Spans that found no room (see `limit`). */
  lost = 0;
  /** Row of the open data-adapter stage, -1 when none is: everything under it counts as data adapter. */
  adapterRow = -1;
  buildingRow = -1;
  /** Row of the open kernel-execution stage opened by a non-lexical boundary, -1 when none is. */
  executionRow = -1;
  /** Node of the graph being executed, for the detail of its kernels. */
  node: string | undefined;
  /** Position in the sequence of kernels, for the detail cache. */
  position = 0;
  sequence = 0;
  kernelRow = -1;
  kernelParent = -1;
  kernelCount = 0;
  traced = false;
  builtGraph = false;
  compilesShapes = false;
  stagesOnly = false;
  clocked = false;
  readonly #limit: number;

  constructor(capacity: number, limit: number) {
    this.rows = new RowBuffer(capacity);
    this.#limit = limit;
  }

  reset(sequence = 0): void {
    this.serial++;
    this.sequence = sequence;
    this.rows.length = 0;
    this.top = -1;
    this.lost = 0;
    this.adapterRow = -1;
    this.buildingRow = -1;
    this.executionRow = -1;
    this.node = undefined;
    this.position = 0;
    this.kernelRow = -1;
    this.kernelParent = -1;
    this.kernelCount = 0;
    this.traced = false;
    this.builtGraph = false;
    this.compilesShapes = false;
    this.stagesOnly = false;
    this.clocked = false;
  }

  setDetail(row: number, detail: number): void {
    if (row >= 0) this.rows.detail[row] = detail;
  }

  startMillis(row: number): number {
    return this.rows.startMillis[row] ?? NaN;
  }

  /** Opens a span under the one that is open. Returns its row, or -1 when the call has no room left. */
  open(name: number, kind: number, stage: number): number {
    const row = this.#append(this.top, name, kind, stage);
    if (row < 0) return row;
    this.top = row;
    this.rows.startMillis[row] = nowMillis();
    return row;
  }

  #append(parent: number, name: number, kind: number, stage: number): number {
    const rows = this.rows;
    const row = rows.length;
    if (row === rows.capacity) {
      if (row >= this.#limit || !roomFor(rows)) {
        this.lost++;
        return -1;
      }
    }
    rows.length = row + 1;
    rows.parent[row] = parent;
    rows.name[row] = name;
    rows.kind[row] = kind;
    const owner = this.buildingRow >= 0 ? this.buildingRow : this.adapterRow;
    rows.stage[row] = owner >= 0 ? (rows.stage[owner] as number) : stage;
    rows.detail[row] = 0;
    rows.endMillis[row] = 0;
    return row;
  }

  /** Closes a span, and any that were left open inside it. */
  close(row: number, end = nowMillis()): void {
    if (row < 0) return;
    const rows = this.rows;
    while (this.top > row) {
      rows.endMillis[this.top] = end;
      this.top = rows.parent[this.top] as number;
    }
    rows.endMillis[row] = end;
    this.top = rows.parent[row] as number;
  }

  /** Adds a span whose times are known already (a kernel inside a session run). Times in milliseconds of our clock. */
  insert(parent: number, name: number, kind: number, stage: number, startMillis: number, endMillis: number, detail: number): number {
    const row = this.#append(parent, name, kind, stage);
    if (row < 0) return row;
    const first = this.rows.startMillis[parent] as number;
    // A kernel's clock is the system's: rounding may put it a hair outside of its parent. Children stay inside.
    this.rows.startMillis[row] = Math.max(first, startMillis);
    this.rows.endMillis[row] = Math.max(first, endMillis);
    this.rows.detail[row] = detail;
    return row;
  }
}

/** False when there is no memory for more rows: the call goes on without them. */
function roomFor(rows: RowBuffer): boolean {
  try {
    rows.reserve(1);
    return true;
  } catch {
    return false;
  }
}
