import type { Argv } from 'yargs';
import { MIN_SESSIONS } from '../analyse/gate.js';
import { DEFAULT_MAX_SESSIONS, DEFAULT_SESSIONS, DEFAULT_SETTLE_SECONDS, type SessionOptions } from '../measure/gate/processes.js';
import { anyNumber, wholeNumber } from './numbers.js';
import type { Terminal } from './terminal.js';

export interface SessionArguments {
  readonly sessions: number;
  readonly 'max-sessions': number;
  readonly settle: number;
}

/** Options of the commands that measure a model in several processes. `goesOn`: while what more than the fewest are made. */
export const sessionOptions = <T>(yargs: Argv<T>, goesOn: string): Argv<T & SessionArguments> =>
  yargs
    .option('sessions', {
      ...wholeNumber('sessions', `How many processes measure the model, at the least (${MIN_SESSIONS} or more)`, { from: MIN_SESSIONS }),
      default: DEFAULT_SESSIONS,
    })
    .option('max-sessions', {
      ...wholeNumber('max-sessions', `And at the most, while ${goesOn}`, { from: MIN_SESSIONS }),
      default: DEFAULT_MAX_SESSIONS,
    })
    .option('settle', {
      ...anyNumber('settle', 'Seconds per variant that each process runs before it is measured', { from: 0 }),
      default: DEFAULT_SETTLE_SECONDS,
    });

/** The same as the library takes them, each session told as it begins. */
export const sessionsOf = (
  { sessions, 'max-sessions': maxSessions, settle }: SessionArguments,
  { remark }: Terminal,
): Pick<SessionOptions, 'sessions' | 'maxSessions' | 'settleSeconds' | 'onSession'> => ({
  sessions,
  maxSessions,
  settleSeconds: settle,
  onSession: (number, of) => remark(`Session ${number} of at most ${of}`),
});
