import { EXIT, UserError } from './errors.js';
import { quoted } from './quoted.js';

const STARTERS: readonly (readonly [RegExp, string])[] = [
  [/\.[cm]?jsx?$/, 'node'],
  [/\.[cm]?tsx?$/, 'npx tsx'],
  [/\.py$/, 'python'],
];

/** The command that starts a file with the name of a program: `node app.js`; undefined for any other name. */
export function startOf(file: string): string | undefined {
  const starter = STARTERS.find(([pattern]) => pattern.test(file))?.[1];
  return starter === undefined ? undefined : `${starter} ${quoted(file)}`;
}

/** What to say of a program where a model or a file of recorded data is read; null for a file with any other name. */
export function refusalOfProgram(file: string): UserError | null {
  const start = startOf(file);
  if (start === undefined) return null;
  const model = file.endsWith('.py')
    ? `, and \`inferscope profile ${quoted(file)}:FUNCTION\` profiles the Keras model that a function of it returns`
    : '';
  return new UserError(`${file} is a program: \`inferscope run -- ${start}\` records the calls that it makes${model}.`, EXIT.badInput);
}

/** Variables that a shell sets for a command alone. */
const ASSIGNMENTS = /(?<![^\s;&|(])\w+=(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\;&|])*/g;
const FILE = /(?<![^\s'"])(?!-)[^\s'"]+\.(?:[cm]?[jt]sx?|py)(?![^\s'";&|)])/;

/**
 * What a command line runs: its file, else its first word. Never its other arguments, or the variables that it sets, which may hold what
 * is nobody's business.
 */
export function programIn(command: string): string {
  const bare = command.replace(ASSIGNMENTS, ' ').trim();
  return FILE.exec(bare)?.[0] ?? bare.split(/\s+/)[0] ?? '';
}
