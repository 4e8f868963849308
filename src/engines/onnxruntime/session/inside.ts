import type { OnnxGraph } from '../load/graph.js';
import { given } from '../../../model/given.js';
import { isRecord } from '../../../model/is-record.js';
import { clockOffsetNanos } from '../../session/clock-offset.js';
import { createSampler } from '../../session/sampling.js';
import type { ModelSource, NativeSessionClass } from '../seams/library.js';
import type { CreationTrace, NativeInside, NativeTimes, SessionView } from '../seams/native-inside.js';
import { loadOnnxAddon, REACH, SLOT, type OnnxAddon } from './addon.js';
import { NO_SHARE, type ProfilerShare } from './layout.js';
import { noFolderSentence, PrivateFolder } from './private-folder.js';
import { measureProfilerShare, noShareSentence, runOptionsOf, tracedChain } from './profiler-share.js';
import { optionsOf, SessionGraphs } from './session-graphs.js';
import { createOnnxTracer, type TracedThread } from './tracer.js';
import { Twins, WithoutAddon } from './twin.js';

/** The library that is looked into. */
export interface InsideOptions {
  /** The binding's class, before it is wrapped: its sessions are nobody's calls. */
  readonly nativeSession: NativeSessionClass;
  /**
   * The main file of `onnxruntime-node`, with which a process of its own makes each session once more, to learn what fused kernels
   * hold and the shapes of packed weights. Absent: only what the model's own file tells.
   */
  readonly entry?: string;
  /** The model that is measured: what sessions of other files run was made of it. */
  readonly original?: () => string | undefined;
  /** Traces of each session at the beginning, whatever they cost: a program that is not ours is held up by one at most. */
  readonly firstTraces?: number;
  /** Told once of each reason why something is not seen. */
  readonly tell?: (sentence: string) => void;
  /**
   * `where-needed`: the models are ours to load, so that where single runs cannot be profiled a second session of each is; never of a
   * program's.
   */
  readonly twins?: 'never' | 'where-needed';
  /** Where the add-on is; for tests. */
  readonly addonFolder?: string;
}

/** What looks inside, or the reason (a part of a sentence, with the remedy) why stages have to do. */
export type InsideStatus =
  { readonly status: 'ready'; readonly inside: OnnxInside | WithoutAddon } | { readonly status: 'unavailable'; readonly reason: string };

type Options = Readonly<Record<string, unknown>>;

/** Versions before have no profile of a single run. */
const KERNELS_SINCE = '1.25';
/** Traces at the beginning of our own runs: the first ones cost most, and a short run is to have some. */
const CALIBRATION = 6;
/** What of a run's options is copied into our own; the binding of Node.js knows no others, or a later one does. */
const COPIED_RUN_OPTIONS: ReadonlySet<string> = new Set(['logSeverityLevel', 'logVerbosityLevel', 'tag']);

/** Loads the add-on into this thread. Never throws. */
export function openOnnxInside(options: InsideOptions): InsideStatus {
  const addon = loadOnnxAddon(options.addonFolder);
  if (addon.status === 'ready') return { status: 'ready', inside: new OnnxInside(addon.addon, options) };
  return options.twins === 'where-needed' ? { status: 'ready', inside: new WithoutAddon(options, addon.reason) } : addon;
}

/**
 * Looks inside the native calls of ONNX Runtime that this thread makes: times of its C library, and kernels of single runs.
 * Nothing here changes what a call gives.
 */
export class OnnxInside implements NativeInside {
  readonly #reasons = new Set<string>();
  readonly #shares = new Map<string, ProfilerShare>();
  readonly #graphs: SessionGraphs;
  #twins: Twins | undefined;
  readonly #offsetNanos: number;
  #thread: TracedThread | undefined;
  #reach = 0;
  /** Sessions and runs of this thread that were asked about. */
  #creations = 0;
  #runs = 0;

  constructor(
    private readonly addon: OnnxAddon,
    private readonly options: InsideOptions,
  ) {
    this.#offsetNanos = clockOffsetNanos(addon);
    this.#graphs = new SessionGraphs({
      ...given({ entry: options.entry, original: options.original }),
      tell: (unknown) => this.#say(unknown),
    });
  }

  /** Why kernels are not seen, or not all is known of them, in words; empty where nothing is missing. */
  reasons(): readonly string[] {
    return [...this.#reasons, ...[this.#twins?.sentence()].flatMap((sentence) => sentence ?? [])];
  }

  /** Looks at the graph that a session of this file will run, before it is made. @returns undefined where it is not known */
  prepare(file: string, options: object): Promise<OnnxGraph | undefined> {
    return this.#graphs.prepare(file, options);
  }

  /** Resolves when the graphs of all sessions that were made until now are known, or cannot be. */
  graphsSeen(): Promise<void> {
    return this.#graphs.seen();
  }

  creationStarts(): void {
    // Only now it is certain that the binding is loaded.
    this.#reach = this.addon.attach();
    this.#creations = this.#read(SLOT.createCount);
  }

  creationEnds(): CreationTrace | null {
    if (this.#read(SLOT.createCount) === this.#creations) return null;
    return { ...this.#times(SLOT.createStart, SLOT.createEnd), parts: [] };
  }

  lastRun(): NativeTimes | null {
    const runs = this.#read(SLOT.runCount);
    const seen = runs > this.#runs;
    this.#runs = runs;
    return seen ? this.#times(SLOT.runStart, SLOT.runEnd) : null;
  }

  open(source: ModelSource): SessionView | null {
    const options = optionsOf(source);
    const why = this.#whyNoSingleRun();
    if (why !== null && this.options.twins === 'where-needed') return this.#twinsFor(why).open(source);
    const reason = why === null ? reasonAgainst(options) : `Kernels inside runs are not seen: ${why}: ${INSTEAD}.`;
    if (reason !== null) this.#say(reason);
    const thread = reason === null ? this.#openThread() : undefined;
    if (thread === undefined) return null;
    const times = (this.#reach & REACH.nanos) !== 0 && runsOnOneThread(options) ? 'nanos' : 'micros';
    const { nodes } = this.#graphs.of(source, options);
    return {
      tracer: createOnnxTracer(thread, { times, share: () => this.#shareOf(thread, options, times), nodes }),
      sampler: createSampler({ calibration: this.options.firstTraces ?? CALIBRATION }),
      traces: (runOptions) => !isRecord(runOptions) || Object.keys(runOptions).every((name) => COPIED_RUN_OPTIONS.has(name)),
    };
  }

  #whyNoSingleRun(): string | null {
    if ((this.#reach & REACH.runs) === 0) return 'the library behind the binding of ONNX Runtime was not found';
    return (this.#reach & REACH.kernels) === 0
      ? `profiles of single runs came with ONNX Runtime ${KERNELS_SINCE}, and this is ${this.addon.version()}`
      : null;
  }

  #twinsFor(why: string): Twins {
    return (this.#twins ??= new Twins({
      nativeSession: this.options.nativeSession,
      graphs: this.#graphs,
      why,
      tell: (sentence) => this.#say(sentence),
      lastRun: () => this.lastRun(),
    }));
  }

  #say(reason: string): void {
    if (this.#reasons.has(reason)) return;
    this.#reasons.add(reason);
    this.options.tell?.(reason);
  }

  #openThread(): TracedThread | undefined {
    if (this.#thread !== undefined) return this.#thread;
    try {
      this.#thread = { addon: this.addon, folder: new PrivateFolder() };
    } catch (error) {
      this.#say(noFolderSentence(error));
    }
    return this.#thread;
  }

  /** Measured once for each kind of session: its threads decide what the profiler takes. */
  #shareOf(thread: TracedThread, options: Options, times: 'nanos' | 'micros'): ProfilerShare {
    const key = `${times} ${JSON.stringify(runOptionsOf(options))}`;
    const known = this.#shares.get(key);
    if (known !== undefined) return known;
    const share = this.#measuredShare(thread, options, times);
    this.#shares.set(key, share);
    return share;
  }

  #measuredShare(thread: TracedThread, options: Options, times: 'nanos' | 'micros'): ProfilerShare {
    try {
      return measureProfilerShare(tracedChain(thread, this.options.nativeSession, options, times), times);
    } catch (error) {
      this.#say(noShareSentence(error));
      return NO_SHARE;
    } finally {
      // What ran for the measurement is no run of the program's.
      this.#runs = this.#read(SLOT.runCount);
    }
  }

  #times(start: number, end: number): NativeTimes {
    return { startNanos: Math.round(this.#read(start) + this.#offsetNanos), endNanos: Math.round(this.#read(end) + this.#offsetNanos) };
  }

  #read(slot: number): number {
    return this.addon.slots[slot] ?? 0;
  }
}

/** What to do in a program that is not ours. */
const INSTEAD = 'npm install onnxruntime-node@latest, or `inferscope profile MODEL.onnx`';

const reasonAgainst = (options: Options): string | null =>
  options['enableProfiling'] === true || process.env['ORT_ENABLE_PROFILING'] === '1'
    ? 'Kernels of a session that writes a profile of its own are not seen: leave enableProfiling out.'
    : null;

/** Whether one thread of the processor runs the graph: then its clock alone can be made finer. */
function runsOnOneThread({ executionMode, executionProviders }: Options): boolean {
  const providers: readonly unknown[] = Array.isArray(executionProviders) ? executionProviders : [];
  const onProcessor = providers.every((provider) => (isRecord(provider) ? provider['name'] : provider) === 'cpu');
  return executionMode !== 'parallel' && onProcessor;
}
