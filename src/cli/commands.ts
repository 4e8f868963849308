import type { Argv } from 'yargs';
import { commandModule, type CommandLine, type CommandSpec } from './command.js';

/** A command that can be listed without its modules. */
interface CommandEntry extends CommandLine {
  /** Imports the command's modules and gives what registers it. */
  load(): Promise<(yargs: Argv) => Argv>;
}

const entry = <Args>(line: CommandLine, load: () => Promise<CommandSpec<Args>>): CommandEntry => ({
  ...line,
  load: async () => {
    const spec = await load();
    return (yargs) => yargs.command(commandModule(line, spec));
  },
});

/** Every command: a new one is a file in commands/ and an entry here. Its modules are imported only when it is used. */
export const COMMANDS: readonly CommandEntry[] = [
  entry(
    { command: 'profile <model>', describe: 'Run a saved model under instrumentation and write a report' },
    async () => (await import('./commands/profile.js')).profileCommand,
  ),
  entry(
    {
      command: 'compare <baseline> <candidate>',
      describe: 'Compare two models or programs, measured together; or two recorded runs, or two profiles of other tools',
    },
    async () => (await import('./commands/compare.js')).compareCommand,
  ),
  entry(
    { command: 'run [program..]', describe: 'Run an unmodified Node.js or Python program and profile every inference call it makes' },
    async () => (await import('./commands/run.js')).runCommand,
  ),
  entry(
    { command: 'view [run]', describe: "Open the report of a run, or another tool's profile, served on this machine only" },
    async () => (await import('./commands/view.js')).viewCommand,
  ),
  entry(
    { command: 'export <run>', describe: 'Write a run or a profile in another format, or send its spans to a collector or Jaeger' },
    async () => (await import('./commands/export.js')).exportCommand,
  ),
  entry(
    { command: 'flame', describe: 'Build flamegraphs, comparison and report from traces stored in Jaeger or ClickHouse' },
    async () => (await import('./commands/flame.js')).flameCommand,
  ),
  entry(
    { command: 'jaeger <action>', describe: 'Start, inspect or stop a Jaeger on this machine that keeps its traces across restarts' },
    async () => (await import('./commands/jaeger.js')).jaegerCommand,
  ),
  entry(
    { command: 'compile <model> <out>', describe: 'Write a layers or graph model as a SavedModel: one TensorFlow graph, run by one call' },
    async () => (await import('./commands/compile.js')).compileCommand,
  ),
  entry(
    {
      command: 'signatures <run>',
      describe: 'Show the cost of each input signature: first call, hits, misses, calls to pay back, padding worth using',
    },
    async () => (await import('./commands/signatures.js')).signaturesCommand,
  ),
  entry(
    { command: 'setup', describe: 'Install a working TensorFlow for @tensorflow/tfjs-node in this project' },
    async () => (await import('./commands/setup.js')).setupCommand,
  ),
  entry(
    { command: 'doctor', describe: 'Check what is installed and what works, and what to do about the rest' },
    async () => (await import('./commands/doctor.js')).doctorCommand,
  ),
  entry(
    { command: 'baseline <model>', describe: 'Measure a model in several processes and store it for `check`' },
    async () => (await import('./commands/baseline.js')).baselineCommand,
  ),
  entry(
    { command: 'check <model>', describe: 'Compare a model with a stored baseline: exit 0 pass, 1 regression, 2 inconclusive' },
    async () => (await import('./commands/check.js')).checkCommand,
  ),
  entry(
    { command: 'sweep <model>', describe: 'Fit latency = fixed + per item × size for each variant, and find where variants cross' },
    async () => (await import('./commands/sweep.js')).sweepCommand,
  ),
  entry(
    {
      command: 'reproduce [experiment]',
      describe: 'Repeat the published compiled-versus-uncompiled experiments on this machine and check each claim',
    },
    async () => (await import('./commands/reproduce.js')).reproduceCommand,
  ),
];

/** `profile` of `profile <model>`. */
export const nameOf = ({ command }: CommandLine): string => command.split(' ')[0] ?? command;

/** Registers every command; those that `words` do not name without their options, which nobody will ask for. */
export async function registerCommands(yargs: Argv, words: readonly string[]): Promise<Argv> {
  let registered = yargs;
  for (const command of COMMANDS) {
    registered = words.includes(nameOf(command))
      ? (await command.load())(registered)
      : registered.command(command.command, command.describe);
  }
  return registered;
}
