import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT, UserError } from '../model/errors.js';
import type { LoadOptions } from '../runtime/options.js';
import type { Side } from './trial-rounds.js';

/** What loads the same model in another process: all that can be sent there. */
export type SentLoadOptions = Omit<LoadOptions, 'tf' | 'families'>;

export type TrialRequest =
  | { readonly kind: 'load'; readonly model: string; readonly variant: string; readonly options: SentLoadOptions }
  | { readonly kind: 'calls'; readonly calls: number };

export type TrialAnswer = { readonly nanos: readonly number[] } | { readonly failure: string };

/** A variant that runs in a process with variables of its own. */
export interface ProcessSide {
  readonly run: Side;
  readonly close: () => void;
}

/** Beside this file when built; in dist/ when the sources run directly (tests). */
const PLACES = ['./trial-process.js', '../../dist/api/trial-process.js'];

/**
 * Starts a process that has loaded the model, with these variables beside our own.
 * @throws UserError when the process cannot be started, or the model does not load or run there.
 */
export async function openProcessSide(request: TrialRequest & { readonly kind: 'load' }, env: Readonly<Record<string, string>>): Promise<ProcessSide> {
  const entry = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((place) => existsSync(place));
  if (entry === undefined) throw new UserError('The process for trials is not built: run `npm run build`.', EXIT.unavailable);
  // Loaded when it is needed: it is no CommonJS, which this file is bundled into.
  const { execaNode } = await import('execa');
  // Its output would stand between ours; what fails is answered in words.
  const child = execaNode(entry, { env, stdio: ['ignore', 'ignore', 'ignore'], ipc: true, reject: false, execArgv: [] });
  const ask = async (message: TrialRequest): Promise<readonly number[]> => {
    const [reply] = await Promise.all([child.getOneMessage(), child.sendMessage({ ...message })]);
    const answer = reply as unknown as TrialAnswer;
    if ('failure' in answer) throw new UserError(answer.failure, EXIT.badInput);
    return answer.nanos;
  };
  const close = (): void => void child.kill();
  try {
    await ask(request);
  } catch (thrown) {
    close();
    throw thrown;
  }
  return { run: (calls) => ask({ kind: 'calls', calls }), close };
}
