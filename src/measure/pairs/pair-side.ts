import type { LoadedModel } from '../../model/runnable.js';
import type { Parity } from '../../model/parity.js';
import type { RecordingPair } from '../../model/recording.js';
import { startChild } from '../child.js';
import type { OutputValues } from '../outputs.js';
import type { SentLoadOptions } from '../process-side.js';

/** What one side of a comparison runs, and in which process. */
export interface SideSpec {
  /** Path of the model. */
  readonly model: string;
  readonly options: SentLoadOptions;
  /** `name`, `name/call` or a call; default the model's first variant. */
  readonly variant?: string;
  /** Variables beside our own. */
  readonly env?: Readonly<Record<string, string>>;
  /** The Node.js that runs it. */
  readonly nodePath?: string;
  /** Where the engine's library is looked for first. */
  readonly from?: string;
  /** The Python of a Keras model; default as its profile finds it. */
  readonly python?: string;
}

export interface PairLoad {
  readonly kind: 'load';
  readonly side: SideSpec;
  readonly level: 'stages' | 'kernels';
  /** The recording that is written. */
  readonly file: string;
  readonly pair: RecordingPair;
}

export type PairRequest =
  | PairLoad
  | { readonly kind: 'calls'; readonly round: number; readonly calls: number }
  | { readonly kind: 'finish'; readonly parity?: Parity };

export interface PairLoaded {
  readonly variant: string;
  readonly inputSignature: string;
  readonly inputs: LoadedModel['inputs'];
  /** Of one call; null where they are too many to send, or cannot be read. */
  readonly outputs: readonly OutputValues[] | null;
}

export type PairAnswer = PairLoaded | readonly number[] | null;

/** A process that has loaded its model and makes calls when it is told. */
export interface PairSide {
  readonly loaded: PairLoaded;
  /** Makes so many calls one after the other; latencies, nanoseconds. Negative rounds are warm-up. */
  calls(round: number, calls: number): Promise<readonly number[]>;
  /** Closes the recording. `parity`: how far its answers are from the other side's. */
  finish(parity?: Parity): Promise<void>;
  close(): void;
}

/** @throws UserError when the process cannot be started, or the model does not load or run there */
export async function openPairSide(request: Omit<PairLoad, 'kind'>, signal: AbortSignal): Promise<PairSide> {
  const { env, nodePath } = request.side;
  const { ask, close } = await startChild<PairRequest, PairAnswer>('pairs/pair-process', {
    signal,
    ...(env === undefined ? {} : { env }),
    ...(nodePath === undefined ? {} : { nodePath }),
  });
  try {
    const loaded = (await ask({ kind: 'load', ...request })) as PairLoaded;
    return {
      loaded,
      calls: async (round, calls) => (await ask({ kind: 'calls', round, calls })) as readonly number[],
      finish: async (parity) => {
        await ask({ kind: 'finish', ...(parity === undefined ? {} : { parity }) });
      },
      close,
    };
  } catch (thrown) {
    close();
    throw thrown;
  }
}
