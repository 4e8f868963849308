import path from 'node:path';
import { dtypeBytes } from '../../model/dtypes.js';
import type { CalledModel } from '../../model/called-model.js';
import type { HeldGroup, HeldTensors, HeldWhere } from '../../model/held-tensors.js';
import type { LiveTensor, TensorSource } from '../../engines/in-program.js';
import { nowMillis } from '../../record/clock.js';

/** Tensors whose origin is remembered, at most. With more, those of every second call (of every fourth, …) stand for all. */
const MAX_ALIVE = 200_000;
/** Share of the program's time that looking at stacks may take, and what may be spent at once. */
const STACK_SHARE = 0.005;
const STACK_CREDIT_MILLIS = 20;
/** Stacks that are looked at in any case: at first, and again each time that the calls have doubled. What one costs at most. */
const FIRST_STACKS = 400;
const STACKS_PER_DOUBLING = 200;
const MAX_STACK_MILLIS = 0.2;
/** Looks at the number of tensors, for the growth since half of the calls. */
const MAX_LOOKS = 2048;
/** Calls from half of them on, and at the end, of whose looks the smallest counts, at least. */
const MIN_CALLS_LOOKED_AT = 2;
const MAX_PLACES = 3;

/** Where one tensor came from. */
interface Origin {
  where: HeldWhere;
  model: CalledModel | undefined;
  /** Number of the call during or before which it was made. */
  readonly call: number;
  readonly bytes: number;
  place: string | undefined;
}

export interface TensorWatchOptions {
  /** Whether an inference call is running here. */
  readonly inCall: () => boolean;
  /** `together` where not every call can be told from the code between the calls (a sampler leaves some out): all is `outside`. */
  readonly calls?: 'apart' | 'together';
  readonly mostAlive?: number;
}

/**
 * Remembers of every tensor that is alive where it was made. Tensors are counted exactly as `tf.memory()` does, up
 * to very many; only the place in the program's code is looked at in a sample, within half a hundredth of its time.
 */
export class TensorWatch {
  readonly #alive = new Map<number, Origin>();
  readonly #unfollow: () => void;
  readonly #looks: { call: number; alive: number }[] = [];
  #lookEach = 1;
  /** Of so many calls, one is watched. */
  #oneIn = 1;
  /** Tensors alive that were made before the first call. */
  #early = 0;
  #calls = 0;
  #creditMillis = STACK_CREDIT_MILLIS;
  #creditAtMillis = nowMillis();
  #freeStacks = FIRST_STACKS;
  /** Where the last sampled call was made from. */
  #callPlace: string | undefined;

  constructor(
    source: TensorSource,
    private readonly options: TensorWatchOptions,
  ) {
    this.#unfollow = source.follow({ made: (tensor) => this.#made(tensor), gone: (tensor) => this.#gone(tensor) });
  }

  /** Before each inference call; on a model's first, `weights` are the ids of its tensors. */
  beforeCall(model: CalledModel, weights: readonly number[]): void {
    // What was looked at early says little of a leak: that shows in the later calls.
    if (this.#calls >= 128 && Number.isInteger(Math.log2(this.#calls))) this.#freeStacks = STACKS_PER_DOUBLING;
    this.#callPlace = this.#placeHere();
    for (const id of weights) {
      const origin = this.#alive.get(id);
      if (origin === undefined) continue;
      origin.where = 'weights';
      origin.model = model;
      // Loading awaits, and tfjs' own code hides for whom: then the place of the first call says which load it was.
      origin.place ??= this.#callPlace;
    }
    this.#look();
    this.#calls++;
  }

  undo(): void {
    this.#unfollow();
    this.#alive.clear();
  }

  get calls(): number {
    return this.#calls;
  }

  /** What is alive now, by where it was made. */
  held(): HeldTensors {
    const groups = new Map<string, Tally>();
    for (const origin of this.#alive.values()) {
      // A model that is made anew has other weights each time.
      const key = `${origin.where} ${origin.model?.architecture ?? ''}`;
      const tally = groups.get(key) ?? new Tally(origin);
      groups.set(key, tally);
      tally.add(origin, this.#calls, this.#oneIn);
    }
    const alive = this.#estimate();
    return {
      calls: this.#calls,
      alive,
      aliveAtHalf: this.#aliveAtHalf(alive),
      groups: [...groups.values()].map((tally) => tally.group(this.#calls)),
    };
  }

  #made({ id, size, dtype }: LiveTensor): void {
    if (this.#alive.size - this.#early >= (this.options.mostAlive ?? MAX_ALIVE)) this.#thin();
    if (!this.#watched(this.#calls)) return;
    if (this.#calls === 0) this.#early++;
    const inside = this.options.inCall();
    const place = inside ? this.#callPlace : this.#placeHere();
    this.#alive.set(id, {
      where: inside && this.options.calls !== 'together' ? 'call' : 'outside',
      model: undefined,
      call: this.#calls,
      bytes: size * (dtypeBytes(dtype) ?? 0),
      place,
    });
  }

  #gone({ id }: LiveTensor): void {
    if (this.#alive.get(id)?.call === 0) this.#early--;
    this.#alive.delete(id);
  }

  /** Whole calls are watched or not, so that what one leaves stays what it is; mixed, because every fourth may be of another kind. */
  #watched(call: number): boolean {
    return Math.imul(call, 0x9e3779b1) >>> 0 < 2 ** 32 / this.#oneIn;
  }

  #thin(): void {
    this.#oneIn *= 2;
    for (const [id, { call }] of this.#alive) if (!this.#watched(call)) this.#alive.delete(id);
  }

  /** What was made before the first call stands for itself: it is always watched. */
  #estimate(): number {
    return this.#early + (this.#alive.size - this.#early) * this.#oneIn;
  }

  /** Less what looks see within the program's own `tf.tidy()`, and is gone when that ends: what the last ones saw beyond `alive`. */
  #aliveAtHalf(alive: number): number {
    const [half, some] = [this.#calls / 2, Math.max(MIN_CALLS_LOOKED_AT, this.#calls / 8)];
    const least = (from: number): number =>
      this.#looks.reduce((sum, { call, alive: seen }) => (call >= from && call < from + some ? Math.min(sum, seen) : sum), Infinity);
    const passing = least(this.#calls - some) - alive;
    const atHalf = least(half);
    if (!Number.isFinite(atHalf)) return alive;
    return Math.max(0, atHalf - (Number.isFinite(passing) ? Math.max(0, passing) : 0));
  }

  #look(): void {
    if (this.#calls % this.#lookEach !== 0) return;
    this.#looks.push({ call: this.#calls, alive: this.#estimate() });
    if (this.#looks.length < MAX_LOOKS) return;
    this.#lookEach *= 2;
    const kept = this.#looks.filter(({ call }) => call % this.#lookEach === 0);
    this.#looks.splice(0, this.#looks.length, ...kept);
  }

  /** The innermost line of the program's own code, undefined where the time for looking is used up. */
  #placeHere(): string | undefined {
    const now = nowMillis();
    this.#creditMillis = Math.min(STACK_CREDIT_MILLIS, this.#creditMillis + (now - this.#creditAtMillis) * STACK_SHARE);
    this.#creditAtMillis = now;
    if (this.#freeStacks > 0) {
      this.#freeStacks--;
      return placeOf(stackHere());
    }
    if (this.#creditMillis <= 0) return undefined;
    const place = placeOf(stackHere());
    // What the machine did meanwhile is not our cost.
    this.#creditMillis -= Math.min(MAX_STACK_MILLIS, nowMillis() - now);
    return place;
  }
}

/** What one call (one load, of weights) left. */
interface Occasion {
  /** Occasions that it stands for. */
  readonly weight: number;
  readonly quarter: number;
  tensors: number;
  bytes: number;
}

/** Survivors of one kind. */
class Tally {
  readonly #occasions = new Map<number | string, Occasion>();
  readonly #places = new Map<string, number>();

  constructor(private readonly first: Origin) {}

  /** `oneIn`: of so many calls, one is watched and stands for the others. */
  add({ where, model, call, bytes, place }: Origin, calls: number, oneIn: number): void {
    const count = call === 0 ? 1 : oneIn;
    const quarter = Math.min(3, Math.max(0, Math.floor((4 * (call - (where === 'call' ? 1 : 0))) / Math.max(1, calls))));
    const key = where === 'weights' ? `${model?.id ?? ''} ${model?.instance ?? 0}` : call;
    const occasion = this.#occasions.get(key) ?? { weight: count, quarter, tensors: 0, bytes: 0 };
    this.#occasions.set(key, occasion);
    occasion.tensors += count;
    occasion.bytes += bytes * count;
    // What was made once at the start is seldom what leaks: its places would hide the others.
    if (place !== undefined && (quarter > 0 || where === 'weights')) this.#places.set(place, (this.#places.get(place) ?? 0) + 1);
  }

  /**
   * What stays once (data, training, what a first answer makes) is left out: what early calls leave beyond any later one. Of a leak
   * outside of calls, what was made before the first call and what was made after the last one are together what one call leaves.
   */
  group(calls: number): HeldGroup {
    const { where, model } = this.first;
    const occasions = [...this.#occasions.values()];
    const most = occasions.reduce((sum, { quarter, tensors, weight }) => (quarter > 1 ? Math.max(sum, tensors / weight) : sum), 0);
    const last = where === 'outside' ? this.#occasions.get(calls) : undefined;
    const beforeFirst = Math.max(0, most - (last === undefined ? 0 : last.tensors / last.weight));
    const quarters = [0, 0, 0, 0];
    let [bytes, number] = [0, 0];
    for (const [key, { quarter, weight, tensors, bytes: all }] of this.#occasions) {
      const kept = where === 'weights' || quarter > 0 ? tensors : Math.min(tensors, key === 0 ? beforeFirst : most * weight);
      if (kept > 0) number += weight;
      quarters[quarter] = (quarters[quarter] ?? 0) + kept;
      bytes += (all * kept) / Math.max(1, tensors);
    }
    const places = [...this.#places]
      .sort(([, a], [, b]) => b - a)
      .slice(0, MAX_PLACES)
      .map(([place]) => place);
    return {
      where,
      ...(model === undefined ? {} : { model: model.name }),
      tensors: quarters.reduce((sum, each) => sum + each, 0),
      bytes: Math.round(bytes),
      quarters,
      occasions: number,
      places,
    };
  }
}

function stackHere(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 40;
  const { stack = '' } = new Error('here');
  Error.stackTraceLimit = limit;
  return stack;
}

/** Packages between the program's code and a tensor. Inferscope's own files are told by their folder, wherever that is. */
const NOT_THE_PROGRAM = /node:|[\\/]node_modules[\\/]|\(<anonymous>\)/;
const FRAME = /\(?(?:file:\/\/)?([^()\s]+):(\d+):\d+\)?$/;
/** Told by a stack, because the package's CommonJS build knows no other way. */
const OWN =
  /^.*[\\/](?:src|dist)(?=[\\/])/.exec(FRAME.exec(new Error('here').stack?.split('\n')[1] ?? '')?.[1] ?? '')?.[0] ?? '/inferscope/dist';

function placeOf(stack: string): string | undefined {
  for (const line of stack.split('\n').slice(1)) {
    const [, file = '', number = ''] = FRAME.exec(line) ?? [];
    if (file === '' || NOT_THE_PROGRAM.test(line) || file.startsWith(OWN)) continue;
    return `${path.relative(process.cwd(), file) || file}:${number}`;
  }
  return undefined;
}
