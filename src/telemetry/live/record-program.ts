import path from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import type { CallPolicy, CallSite } from '../../engines/call-site.js';
import type { EngineCopy, ProgramEngine, TensorSource, UnseenCopy } from '../../engines/in-program.js';
import { PROGRAM_ENGINES } from '../../engines/program-engines.js';
import { messageOf } from '../../model/errors.js';
import type { CalledModel } from '../../model/called-model.js';
import type { HeldTensors } from '../../model/held-tensors.js';
import { programIn } from '../../model/program-file.js';
import { RECORDING_VERSION } from '../../model/recording.js';
import type { Environment, RecordingMeta } from '../../model/recording.js';
import { PROGRAM, type Variant } from '../../model/variant.js';
import { originEpochNanos } from '../../record/clock.js';
import { shareWithWorkers } from '../../record/cpu-watch.js';
import { noteOutside } from '../../record/outside-file.js';
import { measureToolCost } from '../../record/tool-cost.js';
import { sampleProgram } from '../profiles/program-samples.js';
import type { ThreadProfiler } from '../profiles/thread-profiler.js';
import { CalledModels } from './called-models.js';
import { PROFILE_VARIABLE, profileFromEnvironment } from './environment-config.js';
import { modelInProgram } from './live-meta.js';
import { OutsideOperations } from './outside-operations.js';
import { handDownRecording } from './own-environments.js';
import { ProgramRecording, type ProgramCalls } from './program-recording.js';
import { signatureOf } from './signature.js';
import { TensorWatch } from './tensor-watch.js';
import { Temperatures } from './temperatures.js';
import { noteUnseen } from './unseen-copies.js';

/** Set by `inferscope run` for the program it starts. */
export const RUN_FOLDER_VARIABLE = 'INFERSCOPE_RUN_FOLDER';

/** Records every call that the running program makes to `folder/recordings/`, one file an engine, process and thread. Never throws. */
export function recordProgram(folder: string): void {
  handDownRecording([RUN_FOLDER_VARIABLE, PROFILE_VARIABLE], process.env, (command) =>
    unharmed(() => noteUnseen(folder, replaced(command))),
  );
  shareWithWorkers();
  const outside = new OutsideOperations((kernels) => unharmed(() => noteOutside(folder, { from: `${process.pid}-${threadId}`, kernels })));
  const profiler = (profileFromEnvironment() ?? 'off') === 'off' ? undefined : sampleProgram(folder, tell);
  const ends = new ThreadEnds(outside, profiler);
  const recorded: ProgramEngine[] = [];
  for (const engine of PROGRAM_ENGINES) {
    const fileOf = (): string => {
      // Most programs use one engine: its file has no other name than that of the thread.
      const name = `${process.pid}-${threadId}${recorded.length === 0 ? '' : `-${engine.name}`}.isr`;
      recorded.push(engine);
      return path.join(folder, 'recordings', name);
    };
    const copies = new ProgramCopies(engine.variants, fileOf, outside, ends, profiler);
    engine.watch({
      looksInside: () => true,
      loaded: (copy) => unharmed(() => copies.add(copy)),
      unseen: (copy) => unharmed(() => noteUnseen(folder, copy)),
      partly: (copy) => unharmed(() => noteUnseen(folder, copy)),
    });
  }
}

/** Of a command that a process gave to a shell. */
function replaced(command: string): UnseenCopy {
  const file = path.basename(programIn(command));
  return {
    file,
    sentence: `Calls below a shell command that runs ${file} are not recorded, because it replaces NODE_OPTIONS: write NODE_OPTIONS="$NODE_OPTIONS …" in it.`,
  };
}

const tell = (sentence: string): void => void process.stderr.write(`inferscope: ${sentence}\n`);

/** Runs something of ours while the program loads an engine: what fails here must not fail its `require`. */
function unharmed(body: () => void): void {
  try {
    body();
  } catch (thrown) {
    tell(`calls are not recorded: ${messageOf(thrown)}`);
  }
}

/** All copies of one engine that a process or thread has loaded. */
class ProgramCopies {
  readonly #temperatures = new Temperatures();
  readonly #tensors = new ProgramTensors();
  readonly #models = new CalledModels();
  #recording: ProgramRecording | undefined;

  constructor(
    private readonly variants: readonly Variant[],
    private readonly fileOf: () => string,
    private readonly outside: OutsideOperations,
    private readonly ends: ThreadEnds,
    private readonly profiler: ThreadProfiler | undefined,
  ) {}

  add(copy: EngineCopy): void {
    const recording = (this.#recording ??= this.#begin());
    const { recorder } = recording;
    const watch = this.#tensors.watch(copy, () => recorder.context() !== undefined);
    let begun = false;
    const policy: CallPolicy = (site) => {
      // Not earlier: the program chooses its backend after it has loaded the engine.
      if (!begun) unharmed(() => this.outside.without(() => copy.firstOperation?.()));
      begun = true;
      this.#tensors.calling = watch;
      return recording.begins(copy, site);
    };
    const instruments = copy.instrument({ recorder, policy, level: 'kernels', inside: 'sampled', outside: this.outside.run });
    instruments.enable();
  }

  #begin(): ProgramRecording {
    const numbers = new WeakMap<CalledModel, number>();
    const numberOfModel = (model: CalledModel): number => {
      const number = numbers.get(model) ?? recording.recorder.interner.detail({ model });
      numbers.set(model, number);
      return number;
    };
    const calls: ProgramCalls = {
      start: (copy, site) => {
        const { signature, batch } = signatureOf(site.inputs);
        const { model, weights } = this.#models.of(site, copy);
        this.#tensors.calling?.beforeCall(model, weights);
        return {
          variant: this.#numberOf(site),
          ...this.#temperatures.of(site.model, signature),
          round: -1,
          signature,
          batch,
          model: numberOfModel(model),
        };
      },
      tensorBytes: () => this.#tensors.bytes(),
      note: (recorder, at) => {
        for (const held of this.#tensors.due(at)) recorder.interner.detail({ held });
      },
      meta: (copy, site, { signature, batch }) => metaOf(copy.environment(), this.variants, site, signature, batch),
    };
    const recording: ProgramRecording = new ProgramRecording(this.fileOf(), calls, tell, this.profiler?.activity);
    this.ends.add(recording);
    return recording;
  }

  #numberOf({ variant = PROGRAM, call }: CallSite): number {
    return Math.max(
      0,
      this.variants.findIndex((one) => one.name === variant && one.call === call),
    );
  }
}

/** The tensors of each copy whose engine keeps them until they are freed. */
class ProgramTensors {
  readonly #watches: { readonly watch: TensorWatch; readonly snapshots: Snapshots }[] = [];
  readonly #sources: TensorSource[] = [];
  /** Of the copy whose call begins. */
  calling: TensorWatch | undefined;

  /** Undefined without an engine that counts them. */
  bytes(): number | undefined {
    return this.#sources.length === 0 ? undefined : this.#sources.reduce((sum, source) => sum + source.bytes(), 0);
  }

  watch({ tensors }: EngineCopy, inCall: () => boolean): TensorWatch | undefined {
    if (tensors === undefined) return undefined;
    this.#sources.push(tensors);
    const watch = new TensorWatch(tensors, { inCall });
    this.#watches.push({ watch, snapshots: new Snapshots() });
    return watch;
  }

  /** What the copies hold of which it is time to be told. */
  due(at: 'now and then' | 'end'): readonly HeldTensors[] {
    return this.#watches.flatMap(({ watch, snapshots }, engine) =>
      snapshots.due(watch.calls, at) ? [{ ...watch.held(), ...(engine === 0 ? {} : { engine }) }] : [],
    );
  }
}

/** Looking at all tensors that are alive costs by their number: as often as the calls have grown by half, and at the end. */
class Snapshots {
  #next = 8;

  due(calls: number, at: 'now and then' | 'end'): boolean {
    if (at === 'end') return calls > 0;
    if (calls < this.#next) return false;
    this.#next = Math.ceil(calls * 1.5);
    return true;
  }
}

/** What is still in memory is written when the thread ends, however it does; the hooks for that are installed once. */
class ThreadEnds {
  readonly #recordings: ProgramRecording[] = [];

  constructor(
    private readonly outside: OutsideOperations,
    private readonly profiler: ThreadProfiler | undefined,
  ) {}

  add(recording: ProgramRecording): void {
    if (this.#recordings.push(recording) > 1) return;
    this.profiler?.start();
    process.on('exit', () => {
      this.profiler?.stop();
      for (const each of this.#recordings) each.close();
      this.outside.flush();
    });
    const flush = (): void => {
      for (const each of this.#recordings) each.flush();
      this.outside.flush();
      this.profiler?.flush(1000);
    };
    if (!isMainThread) beforeBlocking(flush);
    else if (process.channel !== undefined) beforeTermination(flush);
  }
}

/**
 * A worker that waits for its next task in `Atomics.wait` (those of piscina do) is ended there, without an `exit`: what
 * is finished is written before.
 */
function beforeBlocking(flush: () => void): void {
  const original = Atomics.wait;
  Atomics.wait = function (...args: [never, number, never, number?]) {
    flush();
    return original.apply(Atomics, args);
  };
}

/**
 * A forked process (of a test runner, of a pool) is commonly ended by its parent's SIGTERM as soon as it has answered,
 * without an `exit`: what is finished is written, and the process ends by the signal all the same.
 */
function beforeTermination(flush: () => void): void {
  const listener = (): void => {
    flush();
    if (process.listenerCount('SIGTERM') > 1) return;
    process.off('SIGTERM', listener);
    process.kill(process.pid, 'SIGTERM');
  };
  process.on('SIGTERM', listener);
}

function metaOf(
  environment: Environment,
  variants: readonly Variant[],
  { runtime }: CallSite,
  inputSignature: string,
  batch: number,
): RecordingMeta {
  return {
    version: RECORDING_VERSION,
    originEpochNanos: originEpochNanos(),
    model: modelInProgram(path.basename(process.argv[1] ?? PROGRAM), runtime),
    environment,
    variants,
    inputSignature,
    batch,
    seed: 0,
    tool: measureToolCost(),
    pid: process.pid,
  };
}
