import type { Argv, CommandModule } from 'yargs';
import { holdBackNativeLog } from './native-log.js';
import { finishCommand, terminalFor, type CommonArguments, type Terminal } from './terminal.js';

/** How a command is called, and what `--help` says of it. */
export interface CommandLine {
  /** yargs form, for example `profile <model>`. */
  readonly command: string;
  readonly describe: string;
}

/** A command as its file describes it: parse → call → print. */
export interface CommandSpec<Args> {
  /** Shown under `--help`. */
  readonly examples: readonly (readonly [string, string])[];
  /**
   * An engine runs in this process, or files of any size are read: the engine's log, and V8's when memory runs out, are kept
   * off the terminal.
   */
  readonly filtersLog?: boolean;
  options(yargs: Argv): Argv<Args>;
  /** Gives the exit code: one of `EXIT`, or the program's own. */
  run(args: Args & CommonArguments, terminal: Terminal): Promise<number>;
}

/** Makes a yargs command of it, with the shared options, examples and tail. */
export function commandModule<Args>(line: CommandLine, spec: CommandSpec<Args>): CommandModule<object, Args> {
  return {
    ...line,
    builder: (yargs) => {
      const withExamples = spec.examples.reduce<Argv>((y, [example, what]) => y.example(`$0 ${example}`, what), yargs);
      return spec.options(withExamples);
    },
    handler: async (args) => {
      const common = args as unknown as Args & CommonArguments;
      const log = spec.filtersLog === true && !common.verbose ? holdBackNativeLog() : undefined;
      let file: string | undefined;
      const terminal = terminalFor(common, (name) => {
        file = name;
      });
      await finishCommand(common, () => spec.run(common, terminal));
      await log?.stop(file);
    },
  };
}
