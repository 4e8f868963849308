/**
 * Call trees merged while the spans stream by. Frames with the same path (names and kinds from the root down) are one
 * frame, numbered in order of first sight, so that a parent's number is below its children's. Everything is columns:
 * a million spans are a million map look-ups and no objects.
 *
 * Per frame and call the total and self times are summed first; then their sums and squares over calls are kept around
 * a pivot (the first value), which loses no precision when times hardly vary. Calls without the frame count as zero.
 */
import { SPAN_KINDS } from '../model/span.js';
import { STAGES } from '../model/stage.js';
import { Column } from './column.js';
import { FrameCallsTable } from './frame-calls.js';

/** Keys stay below 2^53 for a hundred million paths. */
const NAME_SLOTS = 2 ** 20;

/** Mean and standard error over calls. */
export interface Moments {
  readonly mean: number;
  readonly standardError: number;
}

export class FrameTable {
  readonly parent = new Column();
  readonly name = new Column();
  readonly kind = new Column();
  readonly stage = new Column();
  readonly count = new Column();
  readonly total = new RunningColumn();
  readonly self = new RunningColumn();
  /** Sum of total time by block of rounds: row `frame`, column `block`. */
  readonly blockTotals = new Column();
  /** Calls folded in, by block. */
  readonly blockCalls: number[];
  /** Ids of the details seen at a frame, at most {@link FrameTable.DETAILS}. */
  readonly details = new Map<number, Set<number>>();
  /** Path of the layer that a frame is, or is inside of. */
  readonly layers = new Map<number, string>();
  readonly perCall = new FrameCallsTable();
  calls = 0;
  static readonly DETAILS = 8;
  readonly #byKey = new Map<number, number>();
  readonly #callTotal = new Column();
  readonly #callSelf = new Column();
  readonly #inCall = new Column();
  #touched: number[] = [];

  constructor(readonly blocks: number) {
    this.blockCalls = new Array<number>(blocks).fill(0);
  }

  get length(): number {
    return this.parent.length;
  }

  /** The frame of this path, made when it is new. @throws RangeError beyond a million names. */
  frame(parent: number, name: number, kind: number, stage: number): number {
    if (name >= NAME_SLOTS) throw new RangeError('a recording may hold at most 1,048,576 distinct span names');
    const key = (((parent + 1) * NAME_SLOTS + name) * SPAN_KINDS.length + kind) * STAGES.length + stage;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const frame = this.length;
    this.#byKey.set(key, frame);
    const layer = this.layers.get(parent);
    if (layer !== undefined) this.layers.set(frame, layer);
    this.parent.push(parent);
    this.name.push(name);
    this.kind.push(kind);
    this.stage.push(stage);
    for (const column of [this.count, this.#callTotal, this.#callSelf, this.#inCall]) column.push(0);
    this.total.push();
    this.self.push();
    for (let block = 0; block < this.blocks; block += 1) this.blockTotals.push(0);
    return frame;
  }

  /** Adds one span of the call that is being folded in; `repeat`: executions that it stands for. */
  add(frame: number, totalNanos: number, selfNanos: number, detail: number, repeat = 1): void {
    this.#touch(frame);
    this.count.add(frame, repeat);
    this.#callTotal.add(frame, totalNanos);
    this.#callSelf.add(frame, selfNanos);
    if (detail > 0) this.#note(frame, detail);
  }

  /** Adds to a frame that only groups others: it counts once a call and has no time of its own. */
  addGroup(frame: number, totalNanos: number): void {
    if (this.#touch(frame)) this.count.add(frame, 1);
    this.#callTotal.add(frame, totalNanos);
  }

  /** True the first time in this call. */
  #touch(frame: number): boolean {
    if (this.#inCall.at(frame) !== 0) return false;
    this.#inCall.set(frame, 1);
    this.#touched.push(frame);
    return true;
  }

  /** Ends a call. `block`: which block of rounds it belongs to, -1 for none; `place`: its place in the timeline. */
  endCall(block: number, place: number): void {
    this.calls += 1;
    if (block >= 0) this.blockCalls[block] = (this.blockCalls[block] ?? 0) + 1;
    for (const frame of this.#touched) {
      this.total.observe(frame, this.#callTotal.at(frame));
      this.self.observe(frame, this.#callSelf.at(frame));
      this.perCall.add(frame, place, this.#callTotal.at(frame));
      if (block >= 0) this.blockTotals.add(frame * this.blocks + block, this.#callTotal.at(frame));
      for (const column of [this.#callTotal, this.#callSelf, this.#inCall]) column.set(frame, 0);
    }
    this.#touched = [];
  }

  #note(frame: number, detail: number): void {
    let seen = this.details.get(frame);
    if (seen === undefined) {
      seen = new Set();
      this.details.set(frame, seen);
    }
    if (seen.size < FrameTable.DETAILS) seen.add(detail);
  }
}

/** Per frame: how often it was observed, and sums around a pivot. */
class RunningColumn {
  readonly #seen = new Column();
  readonly #pivot = new Column();
  readonly #sum = new Column();
  readonly #squares = new Column();

  push(): void {
    for (const column of [this.#seen, this.#pivot, this.#sum, this.#squares]) column.push(0);
  }

  observe(frame: number, value: number): void {
    if (this.#seen.at(frame) === 0) this.#pivot.set(frame, value);
    this.#seen.add(frame, 1);
    const off = value - this.#pivot.at(frame);
    this.#sum.add(frame, off);
    this.#squares.add(frame, off * off);
  }

  /** Sum over all calls. */
  sum(frame: number): number {
    return this.#sum.at(frame) + this.#seen.at(frame) * this.#pivot.at(frame);
  }

  /** Over `calls` calls, those in which the frame was not seen counting as zero. */
  moments(frame: number, calls: number): Moments {
    if (calls === 0) return { mean: 0, standardError: 0 };
    const pivot = this.#pivot.at(frame);
    const missing = calls - this.#seen.at(frame);
    const sum = this.#sum.at(frame) - missing * pivot;
    const squares = this.#squares.at(frame) + missing * pivot * pivot;
    const variance = calls < 2 ? 0 : Math.max(0, squares - (sum * sum) / calls) / (calls - 1);
    return { mean: pivot + sum / calls, standardError: Math.sqrt(variance / calls) };
  }
}
