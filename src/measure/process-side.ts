import type { ModelOptions, OpenOptions } from '../engines/engine.js';
import { startChild } from './child.js';
import type { TrialSide } from './trials/trial-rounds.js';

/** What loads the same model in another process: all that can be sent there. */
export type SentLoadOptions = ModelOptions & Pick<OpenOptions, 'backend'>;

export type TrialRequest =
  | { readonly kind: 'load'; readonly model: string; readonly variant: string; readonly options: SentLoadOptions }
  | { readonly kind: 'calls'; readonly calls: number };

/** Latencies, nanoseconds. */
export type TrialAnswer = readonly number[];

/** A variant that runs in a process with variables of its own. */
export interface ProcessSide {
  readonly run: TrialSide;
  readonly close: () => void;
}

/**
 * Starts a process that has loaded the model, with these variables beside our own.
 * @throws UserError when the process cannot be started, or the model does not load or run there.
 */
export async function openProcessSide(
  request: TrialRequest & { readonly kind: 'load' },
  env: Readonly<Record<string, string>>,
): Promise<ProcessSide> {
  const { ask, close } = await startChild<TrialRequest, TrialAnswer>('trials/trial-process', { env });
  try {
    await ask(request);
  } catch (thrown) {
    close();
    throw thrown;
  }
  return { run: (calls) => ask({ kind: 'calls', calls }), close };
}
