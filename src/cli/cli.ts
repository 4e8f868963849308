import { createRequire } from 'node:module';
import type { Argv } from 'yargs';
import { EXIT, UserError } from '../model/errors.js';
import { ownVersion } from '../engines/own-version.js';
import { COMMANDS, nameOf, registerCommands } from './commands.js';
import { checkOptions, explainUsage, withNegativeValues } from './usage.js';

// Its module build breaks lines of the help within words, its CommonJS build between them.
const yargs = createRequire(import.meta.url)('yargs') as (args: readonly string[]) => Argv;

/** Arguments before `--`: what follows belongs to the program that `run` starts. */
export const ownWords = (args: readonly string[]): readonly string[] => (args.includes('--') ? args.slice(0, args.indexOf('--')) : args);

/** Runs the command that `args` name. @throws UserError for a mistake in them: one sentence with the remedy */
export async function runCli(given: readonly string[]): Promise<void> {
  const args = withNegativeValues(given);
  const words = ownWords(args);
  const cli = (await registerCommands(yargs(args), words))
    .scriptName('inferscope')
    .locale('en')
    .usage(
      '$0 COMMAND\n\nSee where model inference in Node.js (TensorFlow, ONNX Runtime) spends its time: data adapter, graph building, kernels; uncompiled against compiled.',
    )
    .version(ownVersion())
    .option('json', { type: 'boolean', default: false, global: true, describe: 'Print one JSON object on standard output' })
    .option('verbose', { type: 'boolean', default: false, global: true, describe: 'Print stack traces and more detail' })
    .demandCommand(1, 'Give a command: `inferscope --help` lists them.')
    .strict()
    .check((parsed, kinds) => {
      checkOptions(parsed, kinds as unknown as Parameters<typeof checkOptions>[1], words);
      return true;
    }, true)
    .completion('completion', 'Print a shell completion script')
    .epilog('Exit codes: docs/exit-codes.md')
    .wrap(Math.min(110, process.stdout.columns > 0 ? process.stdout.columns : 110))
    .fail((message: string | null, error: Error | undefined) => {
      if (error !== undefined && message === null) throw error;
      throw new UserError(explainUsage(message ?? 'bad usage', typed(words, cli)), EXIT.usage);
    });
  await cli.parseAsync();
}

function typed(words: readonly string[], cli: Argv): Parameters<typeof explainUsage>[1] {
  const first = words.find((word) => !word.startsWith('-'));
  const command = COMMANDS.find((entry) => nameOf(entry) === first)?.command;
  const { key } = (cli as unknown as { getOptions(): { readonly key: Readonly<Record<string, unknown>> } }).getOptions();
  return { words, command, commands: COMMANDS.map(nameOf), options: Object.keys(key) };
}
