import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Argv } from 'yargs';
import type { AskedLoad, RisingLoad } from '../measure/load/arrivals.js';
import { EXIT, UserError, messageOf } from '../model/errors.js';
import { wholeNumber } from './numbers.js';

export interface LoadArguments {
  readonly rate: string | undefined;
  readonly concurrency: number | undefined;
  readonly 'load-trace': string | undefined;
}

export const loadOptions = <T>(yargs: Argv<T>): Argv<T & LoadArguments> =>
  yargs
    .option('rate', {
      type: 'string',
      describe:
        'Also answer requests at this rate, such as 50/s (at random moments) or constant:50/s, or at rising ones: latency with waiting, batch windows',
    })
    .option(
      'concurrency',
      wholeNumber('concurrency', 'Also answer so many callers, each asking again once it has its answer', { to: 1000 }),
    )
    .option('load-trace', {
      type: 'string',
      describe: 'Also answer requests at the moments in this file: one per line, in seconds or as dates',
    });

const SECONDS = { s: 1, min: 60, h: 3600 } as const;
/** The longest trace that is played. */
const MAX_TRACE_SECONDS = 600;
const MAX_PER_SECOND = 20_000;
/** Fewer might not come once while a load lasts. */
const MIN_PER_SECOND = 0.2;

/** The load that was asked for; undefined where none was. @throws UserError (usage) for one that cannot be read, and for two */
export function loadFrom(args: LoadArguments): AskedLoad | RisingLoad | undefined {
  const { rate, concurrency, 'load-trace': trace } = args;
  const given = (['rate', 'concurrency', 'load-trace'] as const).filter((name) => args[name] !== undefined);
  if (given.length > 1)
    throw new UserError(`Give one load at a time: ${given.map((name) => `--${name}`).join(' and ')} were given.`, EXIT.usage);
  if (rate !== undefined) return atRate(rate);
  if (trace !== undefined) return traceFrom(trace);
  return concurrency === undefined ? undefined : { kind: 'closed', callers: concurrency };
}

function atRate(text: string): AskedLoad | RisingLoad {
  if (text.trim() === 'rising') return { kind: 'rising' };
  const parts = /^\s*(?:(poisson|constant):)?(\d+(?:\.\d+)?)(?:\/(s|min|h))?\s*$/.exec(text);
  const [, kind = 'poisson', number = '', unit = 's'] = parts ?? [];
  const perSecond = Number(number) / SECONDS[unit as keyof typeof SECONDS];
  if (parts !== null && perSecond >= MIN_PER_SECOND && perSecond <= MAX_PER_SECOND)
    return { kind: kind === 'constant' ? 'constant' : 'poisson', perSecond };
  throw new UserError(
    `--rate ${text} is not a rate of ${MIN_PER_SECOND} to ${MAX_PER_SECOND} requests per second: write 50/s, 300/min, constant:50/s for even gaps, or rising to find the highest one.`,
    EXIT.usage,
  );
}

/** Moments in seconds, or as dates; the first becomes 0. */
function traceFrom(file: string): AskedLoad {
  const lines = linesOf(file);
  const bad = lines.find((line) => !Number.isFinite(millisOf(line)));
  if (bad !== undefined)
    throw new UserError(
      `--load-trace ${file} holds “${bad.slice(0, 40)}”, which is no moment: write one per line, in seconds (12.5) or as dates (2026-11-30T12:00:00.5Z).`,
      EXIT.usage,
    );
  if (new Set(lines.map(isNumber)).size > 1)
    throw new UserError(`--load-trace ${file} holds both seconds and dates: write all moments the same way.`, EXIT.usage);
  const moments = lines.map(millisOf).sort((a, b) => a - b);
  const [first = 0] = moments;
  const seconds = ((moments.at(-1) ?? 0) - first) / 1000;
  if (moments.length < 2 || seconds === 0)
    throw new UserError(
      `--load-trace ${file} needs two or more different moments, one per line; for requests that come all at once give --concurrency.`,
      EXIT.usage,
    );
  if (seconds > MAX_TRACE_SECONDS)
    throw new UserError(
      `--load-trace ${file} lasts ${Math.round(seconds)} s, and ${MAX_TRACE_SECONDS} s are played at most: cut a part out of it.`,
      EXIT.usage,
    );
  return {
    kind: 'trace',
    name: path.basename(file),
    perSecond: moments.length / seconds,
    moments: moments.map((moment) => moment - first),
  };
}

/** NaN for what is neither a number nor a date. */
const millisOf = (line: string): number => (isNumber(line) ? Number(line) * 1000 : Date.parse(line));
const isNumber = (line: string): boolean => /^[\d.eE+-]+$/.test(line);

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  } catch (thrown) {
    throw new UserError(`Cannot read --load-trace ${file}: ${messageOf(thrown)}.`, EXIT.notFound, { cause: thrown });
  }
}
