import { EXIT, UserError } from '../model/errors.js';

interface NumberRule {
  /** Least value that is taken; a value above 0 where nothing is said. */
  readonly from?: number;
  readonly to?: number;
}

interface NumberOption {
  readonly type: 'number';
  readonly string: true;
  readonly describe: string;
  readonly coerce: (given: unknown) => number;
}

/** An option that takes a whole number. Read from the user's text, so that an error can repeat it. */
export const wholeNumber = (name: string, describe: string, { from = 1, to }: NumberRule = {}): NumberOption =>
  numberOption(describe, (given) => {
    const value = /^\s*-?\d+\s*$/.test(given) ? Number(given) : NaN;
    if (value >= from && value <= (to ?? Number.MAX_SAFE_INTEGER)) return value;
    throw new UserError(
      `--${name} must be a whole number ${to === undefined ? `of ${from} or more` : `from ${from} to ${to}`}, not ${shown(given)}.`,
      EXIT.usage,
    );
  });

/** An option that takes a port; 0, where it is allowed, is any free one. */
export const portNumber = (name: string, describe: string, from: 0 | 1 = 1): NumberOption =>
  wholeNumber(name, describe, { from, to: 65_535 });

/** An option that takes a number, whole or not. */
export const anyNumber = (name: string, describe: string, { from }: Pick<NumberRule, 'from'> = {}): NumberOption =>
  numberOption(describe, (given) => {
    const value = given.trim() === '' ? NaN : Number(given);
    if (Number.isFinite(value) && (from === undefined ? value > 0 : value >= from)) return value;
    throw new UserError(
      `--${name} must be a number ${from === undefined ? 'above 0' : `of ${from} or more`}, not ${shown(given)}.`,
      EXIT.usage,
    );
  });

/** `string` keeps the text from yargs' own reading, `number` stays what `--help` shows. */
const numberOption = (describe: string, read: (given: string) => number): NumberOption => ({
  type: 'number',
  string: true,
  describe,
  // A list is an option that was given twice: left for the check of all options, which says so.
  coerce: (given) => (typeof given === 'number' || Array.isArray(given) ? (given as number) : read(String(given))),
});

const shown = (given: string): string => (given.trim() === '' ? 'nothing' : `"${given}"`);
