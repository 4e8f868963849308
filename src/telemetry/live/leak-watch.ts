import type { CallSite } from '../../engines/call-site.js';
import type { EngineCopy, TensorSource } from '../../engines/in-program.js';
import { type Leak, leaksIn } from '../../model/held-tensors.js';
import { CalledModels } from './called-models.js';
import { TensorWatch } from './tensor-watch.js';

/** Looks at the number of tensors: the smallest of so many calls, compared with that of the calls before. */
const FIRST_CALLS_PER_LOOK = 8;
const MAX_CALLS_PER_LOOK = 256;
/** So many looks in a row that each see more tensors are a reason to watch where they are made. */
const RISING_LOOKS = 8;

/** Calls that are watched before the first judgement, and those after which a suspicion that did not hold is dropped. */
const FIRST_JUDGEMENT = 64;
const ENOUGH_CALLS = 256;
/**
 * Calls that are watched before tensors kept with each call are told: a cache or a window of recent answers is full by then.
 * One model loaded anew again and again, all loads kept, is told at once: nothing else looks like that.
 */
const SURE_CALLS = 1024;
/** The last quarter of the calls keeps at least this share of what the second did; a cache by key takes ever fewer. */
const STEADY = 0.8;
/** Where fewer calls than this keep a tensor, a cache by key is told from a leak only over many more calls than it had before. */
const MAX_CALLS_KEEP = 0.25;
const SLOW_TIMES_BEFORE = 8;
/** Judging looks at all tensors alive: as often as the calls have grown by half. */
const GROWN = 1.5;
const MAX_ALIVE = 50_000;

/**
 * Finds leaks in a program that runs for long. As long as the number of tensors does not rise, a call costs the reading of
 * one number; when it rises, {@link TensorWatch} remembers where tensors are made, until it is sure or the suspicion is gone.
 */
export class LeakWatch {
  #looks: number[] = [];
  #callsPerLook = FIRST_CALLS_PER_LOOK;
  #callsInLook = 0;
  #calls = 0;
  #callsBefore = 0;
  #least = Infinity;
  #tensors: TensorWatch | undefined;
  #models = new CalledModels();
  #nextJudgement = FIRST_JUDGEMENT;
  #suspected: ReadonlySet<string> = new Set();
  #leaks: readonly Leak[] = [];
  #untold: readonly Leak[] = [];

  /** `inCall`: whether a recorded call is running here. */
  constructor(
    private readonly copy: Pick<EngineCopy, 'identify' | 'sourceOf'>,
    private readonly source: TensorSource,
    private readonly inCall: () => boolean,
  ) {}

  /** Leaks as they were judged last. */
  get leaks(): readonly Leak[] {
    return this.#leaks;
  }

  /** Leaks that are to be told: once when they are found, and again whenever they were judged anew. */
  take(): readonly Leak[] {
    const leaks = this.#untold;
    if (leaks.length > 0) this.#untold = [];
    return leaks;
  }

  /** Before each call of the program, recorded or not. */
  call(site: CallSite): void {
    this.#calls++;
    const watch = this.#tensors;
    if (watch === undefined) {
      if (this.#rises(this.source.count())) this.#begin();
      return;
    }
    const { model, weights } = this.#models.of(site, this.copy);
    watch.beforeCall(model, weights);
    if (watch.calls >= this.#nextJudgement) this.#judge(watch);
  }

  stop(): void {
    this.#tensors?.undo();
    this.#tensors = undefined;
    this.#leaks = this.#untold = [];
    this.#looks = [];
  }

  /** The smallest number within a look counts: what a call holds for a while is gone by then. */
  #rises(alive: number): boolean {
    this.#least = Math.min(this.#least, alive);
    if (++this.#callsInLook < this.#callsPerLook) return false;
    const looks = this.#looks;
    looks.push(this.#least);
    this.#least = Infinity;
    this.#callsInLook = 0;
    if (looks.length < RISING_LOOKS) return false;
    const last = looks.slice(-RISING_LOOKS);
    if (last.every((look, at) => at === 0 || look > (last[at - 1] ?? 0))) return true;
    if (looks.length >= 2 * RISING_LOOKS) this.#lengthen();
    return false;
  }

  /** Slow leaks show only over more calls. */
  #lengthen(): void {
    if (this.#callsPerLook >= MAX_CALLS_PER_LOOK) {
      this.#looks = this.#looks.slice(1 - RISING_LOOKS);
      return;
    }
    this.#callsPerLook *= 2;
    this.#looks = this.#looks.flatMap((look, at) => (at % 2 === 0 ? [Math.min(look, this.#looks[at + 1] ?? look)] : []));
  }

  #begin(): void {
    this.#tensors = new TensorWatch(this.source, { inCall: this.inCall, calls: 'together', mostAlive: MAX_ALIVE });
    this.#models = new CalledModels();
    this.#nextJudgement = FIRST_JUDGEMENT;
    this.#suspected = new Set();
    this.#looks = [];
    this.#callsBefore = this.#calls;
  }

  #judge(watch: TensorWatch): void {
    const found = leaksIn(watch.held());
    this.#leaks = this.#untold = found.filter((leak) => this.#isSure(leak, watch.calls));
    this.#suspected = new Set(found.map(keyOf));
    this.#nextJudgement = Math.ceil(watch.calls * GROWN);
    // Slow leaks were suspected over longer looks, and take as long to be seen again.
    if (found.length > 0 || watch.calls < Math.max(ENOUGH_CALLS, RISING_LOOKS * this.#callsPerLook)) return;
    watch.undo();
    this.#tensors = undefined;
    this.#callsPerLook = Math.min(MAX_CALLS_PER_LOOK, this.#callsPerLook * 2);
  }

  #isSure(leak: Leak, calls: number): boolean {
    if (leak.where === 'weights' || this.#leaks.some((known) => keyOf(known) === keyOf(leak))) return true;
    const [, second = 0, , fourth = 0] = leak.quarters;
    const often = leak.perOccasion >= MAX_CALLS_KEEP || calls >= SLOW_TIMES_BEFORE * this.#callsBefore;
    return calls >= SURE_CALLS && this.#suspected.has(keyOf(leak)) && fourth >= STEADY * second && often;
  }
}

const keyOf = ({ where, model }: Leak): string => `${where} ${model ?? ''}`;
