import { EXIT, UserError } from '../model/errors.js';
import { closest } from '../inputs/closest.js';
import { quoted } from '../model/quoted.js';

/** What was typed, as far as it explains a mistake. */
export interface Typed {
  /** Arguments before `--`. */
  readonly words: readonly string[];
  /** The command's form, such as `compile <model> <out>`; undefined without one. */
  readonly command: string | undefined;
  /** Names of all commands. */
  readonly commands: readonly string[];
  /** Names of the options that the command takes. */
  readonly options: readonly string[];
}

/**
 * Arguments with `-5/s` joined to the option before it: yargs takes such a word for the options `5`, `/` and `s`. What follows `--` stays.
 */
export function withNegativeValues(args: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const [index, word] of args.entries()) {
    if (word === '--') return [...joined, ...args.slice(index)];
    const before = joined.at(-1);
    if (before !== undefined && /^--[\w-]+$/.test(before) && /^-\d/.test(word)) joined[joined.length - 1] = `${before}=${word}`;
    else joined.push(word);
  }
  return joined;
}

type Explanation = readonly [RegExp, (groups: readonly string[], typed: Typed) => string];

/** yargs' messages (in English, which cli.ts sets) and what is said instead. */
const EXPLANATIONS: readonly Explanation[] = [
  [/^Not enough non-option arguments: got (\d+)/, ([got], { command = '' }) => lacks(command, requiredOf(command).slice(Number(got)))],
  [
    /^Missing required arguments?: (.*)/,
    ([names = ''], { command = '', words }) => {
      const file = words.find((word, index) => index > 0 && !word.startsWith('-') && words[index - 1]?.startsWith('-') !== true);
      if (command === 'flame' && file !== undefined) return ofFile(file);
      return lacks(
        command,
        names.split(', ').map((name) => `--${name}`),
      );
    },
  ],
  [
    /^Invalid values:\n +Argument: (.*?), Given: (.*), Choices: (.*)/,
    ([name = '', given = '', choices = ''], { command = '' }) =>
      `${(command.includes(`<${name}>`) || command.includes(`[${name}]`) ? '' : '--') + name} cannot be ${given}: use one of ${choices.replaceAll('"', '')}.`,
  ],
  [/^Not enough arguments following: (.*)/, ([name = '']) => `--${name} needs a value after it.`],
  [
    /^Arguments (.*) and (.*) are mutually exclusive/,
    ([one = '', other = '']) => `--${one} and --${other} exclude each other: give one of them.`,
  ],
  [/^Unknown arguments?: ([^,]*)/, ([name = ''], typed) => unknown(name, typed)],
];

/** One sentence with the remedy for what yargs found wrong; a message that is none of its own stays. */
export function explainUsage(message: string, typed: Typed): string {
  for (const [pattern, explain] of EXPLANATIONS) {
    const match = pattern.exec(message);
    if (match !== null) return explain(match.slice(1), typed);
  }
  return message;
}

const requiredOf = (command: string): string[] => command.split(' ').filter((part) => part.startsWith('<'));

const lacks = (command: string, missing: readonly string[]): string =>
  `${command.split(' ')[0] ?? ''} needs ${missing.join(' and ')}: write inferscope ${[command, ...missing.filter((name) => name.startsWith('--')).map((name) => `${name} …`)].join(' ')}.`;

function unknown(name: string, { words, command, commands, options }: Typed): string {
  const option = words.map((word) => word.split('=')[0] ?? word).find((word) => [`--${name}`, `--no-${name}`, `-${name}`].includes(word));
  if (option === undefined && command === undefined)
    return `There is no command ${name}: ${suggestion(closest(name, commands)) ?? '`inferscope --help` lists them.'}`;
  const called = command?.split(' ')[0];
  const help = `\`inferscope ${called === undefined ? '' : `${called} `}--help\` lists`;
  if (option !== undefined)
    return `${called ?? 'inferscope'} has no option ${option}: ${suggestion(closest(name, options), '--') ?? `${help} those it has.`}`;
  if (called === 'flame') return ofFile(name);
  return `${called ?? ''} has no use for "${name}": write inferscope ${command ?? ''}, and quote what holds spaces.`;
}

const ofFile = (name: string): string =>
  `flame reads traces from where they are stored (--from-jaeger, --from-clickhouse): \`inferscope view ${quoted(name)}\` opens a file.`;

const suggestion = (name: string | undefined, dashes = ''): string | undefined =>
  name === undefined ? undefined : `did you mean ${dashes}${name}?`;

/** Kinds of options, as yargs keeps them. */
interface OptionKinds {
  readonly array: readonly string[];
  readonly boolean: readonly string[];
  readonly string: readonly string[];
}

/** What yargs lets pass: an option given twice, one without its value, a yes-or-no option with a value. @throws UserError */
export function checkOptions(given: Readonly<Record<string, unknown>>, kinds: OptionKinds, words: readonly string[]): void {
  for (const [name, value] of Object.entries(given)) {
    if (name === '_' || kinds.array.includes(name)) continue;
    if (Array.isArray(value) && words.some((word) => word.startsWith(`--${name}`)))
      throw new UserError(`--${name} was given more than once: give it once.`, EXIT.usage);
    if (value === '' && kinds.string.includes(name)) throw new UserError(`--${name} needs a value after it.`, EXIT.usage);
  }
  for (const word of words) {
    const [, name = '', value = ''] = /^--(?:no-)?([\w-]+)=(.*)$/.exec(word) ?? [];
    if (kinds.boolean.includes(name) && value !== 'true' && value !== 'false')
      throw new UserError(`--${name} takes no value such as "${value}": write --${name} or --no-${name}.`, EXIT.usage);
  }
}
