import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { analyse } from '../../analyse/analyse.js';
import { newRunFolder, readRun, writeReports } from '../../api/run-folder.js';
import { withUsedVariants } from '../../api/used-variants.js';
import { EXIT, UserError } from '../../model/errors.js';
import { RUN_FOLDER_VARIABLE } from '../../register/record-program.js';
import { reportObject } from '../../render/report-json.js';
import { renderReportMarkdown } from '../../render/report-markdown.js';
import type { CommandSpec } from '../command.js';

interface Arguments {
  readonly program: readonly string[] | undefined;
  readonly out: string | undefined;
}

export const runCommand: CommandSpec<Arguments> = {
  command: 'run [program..]',
  describe: 'Run an unmodified Node.js program and profile every inference call it makes',
  examples: [
    ['run -- node app.js', 'Report on the calls of a program'],
    ['run --out profiles/app -- node server.js --port 8080', 'Until the program ends or Ctrl-C'],
  ],
  options: (yargs) =>
    yargs
      .positional('program', { type: 'string', array: true, describe: 'The command line, after --' })
      .option('out', { type: 'string', describe: 'Run folder (default: a new one under profiles/)' }),
  run: async (args, terminal) => {
    // Taken as they were written: yargs would read the program's own options.
    const cut = process.argv.indexOf('--');
    const [command, ...rest] = cut < 0 ? (args.program ?? []) : process.argv.slice(cut + 1);
    if (command === undefined) throw new UserError('Give the program after --: inferscope run -- node app.js', EXIT.usage);
    const folder = path.resolve(newRunFolder(args.out, path.basename(rest.find((part) => /\.[cm]?[jt]s$/.test(part)) ?? command)));
    const code = await runProgram(command, rest, folder, args.json);
    if (code !== 0) terminal.remark(`${command} ended with exit code ${code}; what it recorded until then follows.`);
    const recordings = readRun(folder).map(withUsedVariants);
    const analysis = analyse(recordings);
    const files = writeReports(folder, analysis, recordings);
    terminal.say(renderReportMarkdown(analysis));
    terminal.say(`Report: ${path.resolve(folder, 'report.html')}`);
    terminal.data(reportObject(analysis, files));
    return EXIT.ok;
  },
};

/** Runs it with our registration preloaded; resolves to its exit code. With `--json` its output goes to stderr. */
async function runProgram(command: string, args: readonly string[], folder: string, json: boolean): Promise<number> {
  const register = pathToFileURL(fileURLToPath(new URL('../../register/register.js', import.meta.url))).href;
  const options = `${process.env['NODE_OPTIONS'] ?? ''} --import=${register}`.trim();
  const env = { ...process.env, NODE_OPTIONS: options, [RUN_FOLDER_VARIABLE]: folder };
  const child = spawn(command, args, { stdio: ['inherit', json ? 2 : 'inherit', 'inherit'], env });
  // Ctrl-C reaches the whole group; the program decides how it ends, and then the report is written.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? (signal === null ? 1 : 128);
  } catch (thrown) {
    throw new UserError(`${command} cannot be started: ${thrown instanceof Error ? thrown.message : 'unknown reason'}.`, EXIT.notFound, { cause: thrown });
  } finally {
    process.off('SIGINT', ignore);
  }
}
