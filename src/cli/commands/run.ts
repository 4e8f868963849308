import path from 'node:path';
import { analyse } from '../../analyse/analyse.js';
import { hasRecordings, newRunFolder, readRun, writeReports } from '../../api/run-folder.js';
import { EXIT, UserError } from '../../model/errors.js';
import type { Recording } from '../../model/recording.js';
import { restoredSentence } from '../../model/restored.js';
import { reportObject } from '../../render/report-json.js';
import type { CommandSpec } from '../command.js';
import { presentOptions, presentReport, type PresentArguments } from '../present.js';
import { recordingEnvironment, runProgram } from '../program.js';

interface Arguments extends PresentArguments {
  readonly program: readonly string[] | undefined;
  readonly out: string | undefined;
}

export const runCommand: CommandSpec<Arguments> = {
  examples: [
    ['run -- node app.js', 'Report on the calls of a program'],
    ['run -- python app.py', 'A program that uses Keras'],
    ['run --out profiles/app -- node server.js --port 8080', 'Until the program ends or Ctrl-C'],
  ],
  options: (yargs) =>
    presentOptions(yargs)
      .positional('program', { type: 'string', array: true, describe: 'The command line, after --' })
      .option('out', { type: 'string', describe: 'Run folder (default: a new one under profiles/)' }),
  run: async (args, terminal) => {
    // Taken as they were written: yargs would read the program's own options.
    const cut = process.argv.indexOf('--');
    const [command, ...rest] = cut < 0 ? (args.program ?? []) : process.argv.slice(cut + 1);
    if (command === undefined) throw new UserError('Give the program after --: inferscope run -- node app.js', EXIT.usage);
    const folder = path.resolve(newRunFolder(args.out, path.basename(rest.find((part) => /\.([cm]?[jt]s|py)$/.test(part)) ?? command)));
    const code = await runProgram(command, rest, recordingEnvironment(process.env, folder), args.json ? 'stderr' : 'inherit');
    if (code !== 0) terminal.remark(`${command} ended with exit code ${code}; what it recorded until then follows.`);
    if (!hasRecordings(folder)) {
      terminal.remark('It made no inference call that Inferscope could see: no report is written.');
      return code;
    }
    const recordings = readRun(folder);
    for (const sentence of restoredIn(recordings)) terminal.remark(sentence);
    const analysis = analyse(recordings);
    const files = writeReports(folder, analysis, recordings);
    await presentReport(analysis, folder, args, terminal);
    terminal.data(reportObject(analysis, files));
    return code;
  },
};

/** Once, whatever the number of processes and threads. */
const restoredIn = (recordings: readonly Recording[]): ReadonlySet<string> =>
  new Set(recordings.flatMap(({ meta: { environment: { node, restored } } }) => (restored === undefined ? [] : [restoredSentence(node, restored)])));
