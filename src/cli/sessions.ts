import type { Argv } from 'yargs';
import { FEWEST_SESSIONS } from '../analyse/gate.js';
import { DEFAULT_MAX_SESSIONS, DEFAULT_SESSIONS, type SessionOptions } from '../api/sessions.js';
import { wholeNumber } from './numbers.js';
import type { Terminal } from './terminal.js';

export interface SessionArguments {
  readonly sessions: number;
  readonly 'max-sessions': number;
}

/** Options of the commands that load a model anew several times. `goesOn`: while what more than the fewest are made. */
export const sessionOptions = <T>(yargs: Argv<T>, goesOn: string): Argv<T & SessionArguments> =>
  yargs
    .option('sessions', { ...wholeNumber('sessions', `How often the model is loaded anew and measured, at the least (${FEWEST_SESSIONS} or more)`, { from: FEWEST_SESSIONS }), default: DEFAULT_SESSIONS })
    .option('max-sessions', { ...wholeNumber('max-sessions', `And at the most, while ${goesOn}`, { from: FEWEST_SESSIONS }), default: DEFAULT_MAX_SESSIONS });

/** The same as the library takes them, each session told as it begins. */
export const sessionsOf = ({ sessions, 'max-sessions': maxSessions }: SessionArguments, { remark }: Terminal): Pick<SessionOptions, 'sessions' | 'maxSessions' | 'onSession'> => ({
  sessions,
  maxSessions,
  onSession: (number, of) => remark(number === 0 ? 'Warming up' : `Session ${number} of at most ${of}`),
});
