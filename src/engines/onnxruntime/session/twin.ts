import type { OnnxGraph } from '../load/graph.js';
import { performance } from 'node:perf_hooks';
import { messageOf } from '../../../model/errors.js';
import { given } from '../../../model/given.js';
import { nanosFromMillis } from '../../../model/nanos.js';
import { foldLoops } from '../../session/fold.js';
import { createSampler } from '../../session/sampling.js';
import type { ModelSource, NativeSessionClass } from '../seams/library.js';
import type { NativeInside, NativeTimes, SessionView } from '../seams/native-inside.js';
import type { RunProfile } from './decode-profile.js';
import { kernelsOf } from './kernels.js';
import { NO_SHARE, type ProfilerShare } from './layout.js';
import { noFolderSentence, PrivateFolder } from './private-folder.js';
import {
  measureProfilerShare,
  NoProfile,
  noShareSentence,
  profiledChain,
  profilingInto,
  runOptionsOf,
  takeProfile,
  type OwnSession,
} from './profiler-share.js';
import { optionsOf, SessionGraphs, type SessionGraphsOptions } from './session-graphs.js';

export interface TwinsOptions {
  /** The binding's class, before it is wrapped. */
  readonly nativeSession: NativeSessionClass;
  readonly graphs: SessionGraphs;
  /** Why single runs cannot be profiled, as a part of a sentence. */
  readonly why: string;
  /** Told of what is not known. */
  readonly tell: (sentence: string) => void;
  /** Times of the last native run by the C library, where it can be watched. */
  readonly lastRun: () => NativeTimes | null;
}

type Options = Readonly<Record<string, unknown>>;

interface TwinRun {
  readonly result: unknown;
  readonly times: NativeTimes;
  readonly profile: RunProfile;
}

/** Sessions are made for each traced call: of a model that is slow to load there are to be a few all the same. */
const CALIBRATION = 3;
/** Runs before the profiled one that counts: the first plans its memory, and the caches are its own. */
const WARM_UP = 2;
const NANOS_PER_MICRO = 1000;

/**
 * Kernels where no single run can be profiled: a traced call is made by a second session of the same model with the same options and ONNX
 * Runtime's own profiling, which is on for a session's whole life and tells only at its end. So each traced call has a session of its
 * own; the measured ones are never profiled. Only for models that are ours to load.
 */
export class Twins {
  #folder: PrivateFolder | undefined;
  readonly #shares = new Map<string, ProfilerShare>();
  #made = 0;
  #millis = 0;
  /** Sessions cannot be profiled here, which the first shows that is to be. */
  #unprofiled = false;

  constructor(private readonly options: TwinsOptions) {}

  /** What a report must say of such kernels: whose they are, why, what that cost; null where there are none. */
  sentence(): string | null {
    if (this.#made === 0) return null;
    const cost = `${this.#made} such ${this.#made === 1 ? 'session' : 'sessions'} took ${(this.#millis / 1000).toPrecision(2)} s, which is in no latency`;
    return (
      'Kernels are those of second sessions, which make the traced calls with the same options and the profiler of ONNX Runtime on, because no single ' +
      `run can be profiled here (${this.options.why}). The measured sessions are never profiled. Times are whole microseconds, less what the profiler takes of each kernel; ${cost}.`
    );
  }

  /** For a session that was just made. */
  open(source: ModelSource): SessionView | null {
    const options = optionsOf(source);
    const folder = this.#openFolder();
    if (folder === null) return null;
    const { nodes } = this.options.graphs.of(source, options);
    const counts = { taken: 0, lost: 0, unreadable: 0 };
    let run: TwinRun | null = null;
    let share = NO_SHARE;
    let failed = false;
    const traces = (): boolean => !failed && !this.#unprofiled;
    return {
      sampler: createSampler({ calibration: CALIBRATION }),
      traces,
      runTraced: (args, body) => {
        run = traces() ? this.#run(folder, source, args) : null;
        failed = run === null;
        return run === null ? body() : run.result;
      },
      tracer: {
        traceNextRun: () => {
          share = this.#shareOf(folder, options);
        },
        cancel: () => folder.empty(),
        takeTrace: () => {
          const taken = run;
          run = null;
          if (taken === null) {
            counts.lost++;
            return null;
          }
          counts.taken++;
          const begin = performance.now();
          const { profile, times } = taken;
          const originNanos = times.startNanos - (profile.modelRun?.start ?? 0) * NANOS_PER_MICRO;
          const each = kernelsOf(profile, { originNanos, unitNanos: NANOS_PER_MICRO, share, nodes: nodes() ?? new Map() });
          return {
            ...times,
            buildNanos: 0,
            kernels: foldLoops(each),
            failed: false,
            metadataBytes: 0,
            decodeNanos: nanosFromMillis(performance.now() - begin),
          };
        },
        counts,
      },
    };
  }

  /** Makes the second session, runs it and reads what its last run told; null where that cannot be, and the measured session is to run. */
  #run(folder: PrivateFolder, source: ModelSource, args: readonly unknown[]): TwinRun | null {
    const begin = performance.now();
    try {
      const session: OwnSession = new this.options.nativeSession();
      const options = { ...optionsOf(source), ...profilingInto(folder) };
      if (source.kind === 'path') session.loadModel(source.path, options);
      else session.loadModel(source.bytes.buffer, source.bytes.byteOffset, source.bytes.byteLength, options);
      for (let warm = 0; warm < WARM_UP; warm++) session.run(...args);
      const startMillis = performance.now();
      const result = session.run(...args);
      const endMillis = performance.now();
      const times = this.options.lastRun() ?? { startNanos: nanosFromMillis(startMillis), endNanos: nanosFromMillis(endMillis) };
      const profile = takeProfile(session, folder).at(-1);
      if (profile === undefined) throw new Error('it left no profile of a run');
      this.#made++;
      return { result, times, profile };
    } catch (error) {
      folder.empty();
      this.options.tell(
        `Kernels inside runs are not seen: a second session that is profiled could not be made (${messageOf(error).split('\n', 1)[0] ?? ''}); ${this.options.why}.`,
      );
      return null;
    } finally {
      this.#millis += performance.now() - begin;
    }
  }

  #openFolder(): PrivateFolder | null {
    try {
      return (this.#folder ??= new PrivateFolder());
    } catch (error) {
      this.options.tell(noFolderSentence(error));
      return null;
    }
  }

  #shareOf(folder: PrivateFolder, options: Options): ProfilerShare {
    const key = JSON.stringify(runOptionsOf(options));
    const known = this.#shares.get(key);
    if (known !== undefined) return known;
    let share = NO_SHARE;
    try {
      share = measureProfilerShare(profiledChain(this.options.nativeSession, options, folder), 'micros');
    } catch (error) {
      this.#unprofiled = error instanceof NoProfile;
      this.options.tell(
        this.#unprofiled
          ? `Kernels inside runs are not seen: ${this.options.why}, and this onnxruntime-node does not hand enableProfiling on (it does from 1.21): npm install onnxruntime-node@latest.`
          : noShareSentence(error),
      );
    }
    this.#shares.set(key, share);
    return share;
  }
}

/** No add-on looks into native calls here: kernels of second sessions alone, of models that are ours to load. */
export class WithoutAddon implements NativeInside {
  readonly #reasons = new Set([
    'Copies of inputs and outputs by the ONNX Runtime binding count as kernel execution: no add-on looks into it here.',
  ]);
  readonly #graphs: SessionGraphs;
  readonly #twins: Twins;

  /** @param why there is none, as a part of a sentence */
  constructor({ nativeSession, entry, original }: WithoutAddonOptions, why: string) {
    const tell = (sentence: string): void => void this.#reasons.add(sentence);
    this.#graphs = new SessionGraphs({ ...given({ entry, original }), tell });
    this.#twins = new Twins({ nativeSession, graphs: this.#graphs, why, tell, lastRun: () => null });
  }

  prepare(file: string, options: object): Promise<OnnxGraph | undefined> {
    return this.#graphs.prepare(file, options);
  }

  reasons(): readonly string[] {
    return [...this.#reasons, ...[this.#twins.sentence()].flatMap((sentence) => sentence ?? [])];
  }

  creationStarts(): void {
    // Nothing watches the library.
  }

  creationEnds(): null {
    return null;
  }

  open(source: ModelSource): SessionView | null {
    return this.#twins.open(source);
  }

  lastRun(): null {
    return null;
  }
}

type WithoutAddonOptions = Pick<TwinsOptions, 'nativeSession'> & Pick<SessionGraphsOptions, 'entry' | 'original'>;
