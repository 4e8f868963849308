import path from 'node:path';
import type { CalledModel } from '../model/called-model.js';
import type { HeldGroup, HeldTensors, HeldWhere } from '../model/held-tensors.js';
import { Patches } from '../instrument/patches.js';
import type { Tf } from '../instrument/seams.js';
import { nowMillis } from '../record/clock.js';

/** Tensors whose origin is remembered, at most: a program that leaks more has been told so long before. */
const MOST_ALIVE = 200_000;
/** Share of the program's time that looking at stacks may take, and what may be spent at once. */
const STACK_SHARE = 0.005;
const STACK_CREDIT_MILLIS = 20;
/** Stacks that are looked at in any case, and what one of them costs at most. */
const FIRST_STACKS = 400;
const MOST_STACK_MILLIS = 0.2;
/** Looks at the number of tensors, for the growth since half of the calls. */
const MOST_LOOKS = 2048;
const MOST_PLACES = 3;

/** Where one tensor came from. */
interface Origin {
  where: HeldWhere;
  model: CalledModel | undefined;
  /** Number of the call during or before which it was made. */
  readonly call: number;
  readonly bytes: number;
  place: string | undefined;
}

interface TensorLike {
  readonly id: number;
  readonly size: number;
  readonly dtype: string;
}

interface Engine {
  trackTensor(tensor: TensorLike, backend: unknown): void;
  disposeTensor(tensor: TensorLike): void;
}

type Track = (this: unknown, tensor: TensorLike, backend: unknown) => void;
type Dispose = (this: unknown, tensor: TensorLike) => void;

const BYTES: Readonly<Record<string, number>> = { bool: 1, complex64: 8, string: 0 };

/**
 * Remembers of every tensor that is alive where it was made. Tensors are counted exactly as `tf.memory()` does; only the
 * place in the program's code is looked at in a sample, within a hundredth of its time.
 */
export class TensorWatch {
  readonly #alive = new Map<number, Origin>();
  readonly #patches = new Patches();
  readonly #looks: { call: number; alive: number }[] = [];
  #lookEach = 1;
  #calls = 0;
  #creditMillis = STACK_CREDIT_MILLIS;
  #creditAtMillis = nowMillis();
  #stacks = 0;
  /** Where the last sampled call was made from. */
  #callPlace: string | undefined;

  /** `inCall`: whether an inference call is running here. */
  constructor(tf: Tf, private readonly inCall: () => boolean) {
    const engine = tf.engine() as unknown as Engine;
    const made = (tensor: TensorLike): void => this.#made(tensor);
    const alive = this.#alive;
    this.#patches.wrap<Track>(engine, 'trackTensor', (original) => function (this: unknown, tensor, backend) {
      original.call(this, tensor, backend);
      made(tensor);
    });
    this.#patches.wrap<Dispose>(engine, 'disposeTensor', (original) => function (this: unknown, tensor) {
      original.call(this, tensor);
      alive.delete(tensor.id);
    });
  }

  /** Before each inference call; on a model's first, `weights` are the ids of its tensors. */
  beforeCall(model: CalledModel, weights: readonly number[]): void {
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
    this.#patches.undo();
    this.#alive.clear();
  }

  get calls(): number {
    return this.#calls;
  }

  /** What is alive now, by where it was made. */
  held(): HeldTensors {
    const groups = new Map<string, Tally>();
    for (const origin of this.#alive.values()) {
      const key = `${origin.where} ${origin.model?.id ?? ''}`;
      const tally = groups.get(key) ?? new Tally(origin);
      groups.set(key, tally);
      tally.add(origin, this.#calls);
    }
    const half = this.#looks.find(({ call }) => call >= this.#calls / 2);
    return { calls: this.#calls, alive: this.#alive.size, aliveAtHalf: half?.alive ?? this.#alive.size, groups: [...groups.values()].map((tally) => tally.group()) };
  }

  #made({ id, size, dtype }: TensorLike): void {
    if (this.#alive.size >= MOST_ALIVE) return;
    const inside = this.inCall();
    const place = inside ? this.#callPlace : this.#placeHere();
    this.#alive.set(id, { where: inside ? 'call' : 'outside', model: undefined, call: this.#calls, bytes: size * (BYTES[dtype] ?? 4), place });
  }

  #look(): void {
    if (this.#calls % this.#lookEach !== 0) return;
    this.#looks.push({ call: this.#calls, alive: this.#alive.size });
    if (this.#looks.length < MOST_LOOKS) return;
    this.#lookEach *= 2;
    const kept = this.#looks.filter(({ call }) => call % this.#lookEach === 0);
    this.#looks.splice(0, this.#looks.length, ...kept);
  }

  /** The innermost line of the program's own code, undefined where the time for looking is used up. */
  #placeHere(): string | undefined {
    const now = nowMillis();
    this.#creditMillis = Math.min(STACK_CREDIT_MILLIS, this.#creditMillis + (now - this.#creditAtMillis) * STACK_SHARE);
    this.#creditAtMillis = now;
    if (this.#creditMillis <= 0 && this.#stacks >= FIRST_STACKS) return undefined;
    this.#stacks++;
    const place = placeOf(stackHere());
    // What the machine did meanwhile is not our cost.
    this.#creditMillis -= Math.min(MOST_STACK_MILLIS, nowMillis() - now);
    return place;
  }
}

/** Survivors of one kind. */
class Tally {
  #tensors = 0;
  #bytes = 0;
  readonly #quarters = [0, 0, 0, 0];
  readonly #occasions = new Set<number>();
  readonly #places = new Map<string, number>();

  constructor(private readonly first: Origin) {}

  add({ where, model, call, bytes, place }: Origin, calls: number): void {
    this.#tensors++;
    this.#bytes += bytes;
    const quarter = Math.min(3, Math.max(0, Math.floor((4 * (call - (where === 'call' ? 1 : 0))) / Math.max(1, calls))));
    this.#quarters[quarter] = (this.#quarters[quarter] ?? 0) + 1;
    this.#occasions.add(where === 'weights' ? (model?.instance ?? 0) : call);
    // What was made once at the start is seldom what leaks: its places would hide the others.
    if (place !== undefined && (quarter > 0 || where === 'weights')) this.#places.set(place, (this.#places.get(place) ?? 0) + 1);
  }

  group(): HeldGroup {
    const { where, model } = this.first;
    const places = [...this.#places].sort(([, a], [, b]) => b - a).slice(0, MOST_PLACES).map(([place]) => place);
    return { where, ...(model === undefined ? {} : { model: model.name }), tensors: this.#tensors, bytes: this.#bytes, quarters: [...this.#quarters], occasions: this.#occasions.size, places };
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
const OWN = path.dirname(path.dirname(FRAME.exec(new Error('here').stack?.split('\n')[1] ?? '')?.[1] ?? '/inferscope/dist/x.js'));

function placeOf(stack: string): string | undefined {
  for (const line of stack.split('\n').slice(1)) {
    const [, file = '', number = ''] = FRAME.exec(line) ?? [];
    if (file === '' || NOT_THE_PROGRAM.test(line) || file.startsWith(OWN)) continue;
    return `${path.relative(process.cwd(), file) || file}:${number}`;
  }
  return undefined;
}
