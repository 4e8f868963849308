import type { Argv } from 'yargs';
import { MIN_PROCESSES } from '../analyse/gate.js';
import { DEFAULT_MAX_PROCESSES, DEFAULT_PROCESSES, DEFAULT_SETTLE_SECONDS, type GateOptions } from '../measure/gate/processes.js';
import { anyNumber, wholeNumber } from './numbers.js';
import type { Terminal } from './terminal.js';

export interface ProcessesArguments {
  readonly sessions: number;
  readonly 'max-sessions': number;
  readonly settle: number;
}

/** Where `baseline` writes and `check` reads unless told otherwise. */
export const BASELINE_FILE = 'baseline.json';

/** Options of the commands that measure a model in several processes. `goesOn`: while what more than the fewest are made. */
export const processesOptions = <T>(yargs: Argv<T>, goesOn: string): Argv<T & ProcessesArguments> =>
  yargs
    .option('sessions', {
      ...wholeNumber('sessions', `Processes that measure the model, minimum (${MIN_PROCESSES} or more)`, { from: MIN_PROCESSES }),
      default: DEFAULT_PROCESSES,
    })
    .option('max-sessions', {
      ...wholeNumber('max-sessions', `Maximum number of processes, while ${goesOn}`, { from: MIN_PROCESSES }),
      default: DEFAULT_MAX_PROCESSES,
    })
    .option('settle', {
      ...anyNumber('settle', 'Seconds of warm-up per variant in each process', { from: 0 }),
      default: DEFAULT_SETTLE_SECONDS,
    });

/** The same as the library takes them, each process told as it begins. */
export const processesOf = (
  { sessions, 'max-sessions': maxSessions, settle }: ProcessesArguments,
  { remark }: Terminal,
): Pick<GateOptions, 'sessions' | 'maxSessions' | 'settleSeconds' | 'onSession'> => ({
  sessions,
  maxSessions,
  settleSeconds: settle,
  onSession: (number, of) => remark(`Process ${number} of at most ${of}`),
});
