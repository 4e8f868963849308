import path from 'node:path';
import { writeProgramScripts } from '../../measure/javascript/program-scripts.js';
import { reportRun } from '../../runs/analyse-run.js';
import { writeProgramPprof } from '../../runs/program-pprof.js';
import { dropEmptyRun } from '../../runs/own-folder.js';
import { checkWritable, newRunFolder, readProgramRun } from '../../runs/run-folder.js';
import { EXIT, UserError } from '../../model/errors.js';
import type { Recording } from '../../model/recording.js';
import { restoredSentence } from '../../report/words/notes.js';
import { dropOutside, outsideIn } from '../../record/outside-file.js';
import { reportObject } from '../../report/report-json.js';
import { PROFILE_VARIABLE, profileFromEnvironment } from '../../telemetry/live/environment-config.js';
import { unseenSentences } from '../../telemetry/live/unseen-copies.js';
import type { CommandSpec } from '../command.js';
import { OVERWRITE, existingOf, type OverwriteArguments } from '../options.js';
import { nothingRecorded } from '../nothing-recorded.js';
import { ownCommand, presentOptions, presentReport, viewCommand, type PresentArguments } from '../present.js';
import { recordingEnvironment, runProgram, type ProgramExit } from '../program.js';
import { reportError, type CommonArguments, type Terminal } from '../terminal.js';

interface Arguments extends PresentArguments, OverwriteArguments {
  readonly program: readonly string[] | undefined;
  readonly out: string | undefined;
  readonly js: boolean | undefined;
}

export const runCommand: CommandSpec<Arguments> = {
  examples: [
    ['run -- node app.js', 'Report on the calls of a program'],
    ['run -- python app.py', 'A program that uses Keras'],
    ['run --js -- node app.js', 'Which JavaScript functions take the time between kernels'],
    ['run --out profiles/app -- node server.js --port 8080', 'Until the program ends or Ctrl-C'],
  ],
  options: (yargs) =>
    presentOptions(yargs)
      .positional('program', { type: 'string', array: true, describe: 'The command line, after --' })
      .option('out', { type: 'string', describe: 'Run folder (default: a new one under profiles/)' })
      .option('js', { type: 'boolean', describe: 'Sample V8 in the program: JavaScript functions below the stages' })
      .option('overwrite', OVERWRITE),
  run: async (args, terminal) => {
    // Taken as they were written: yargs would read the program's own options.
    const cut = process.argv.indexOf('--');
    const [command, ...rest] = cut < 0 ? (args.program ?? []) : process.argv.slice(cut + 1);
    if (command === undefined) throw new UserError('Give the program after --: inferscope run -- node app.js', EXIT.usage);
    const profile = profileAsked(args);
    const name = path.basename(rest.find((part) => /\.([cm]?[jt]s|py)$/.test(part)) ?? command);
    const folder = path.resolve(newRunFolder(args.out, name, existingOf(args)));
    try {
      const environment = { ...recordingEnvironment(process.env, folder), [PROFILE_VARIABLE]: profile === 'off' ? 'off' : 'on' };
      const end = await runProgram(command, rest, environment, args.json ? 'stderr' : 'inherit');
      if (end.code !== 0) terminal.remark(`${command} ${end.how}; what it recorded until then follows.`);
      return await reportOn({ folder, program: [command, ...rest], profile }, end, args, terminal);
    } finally {
      dropEmptyRun(folder);
    }
  },
};

/**
 * Whether V8 is sampled, and where pprof goes that is not to lie in the run folder.
 *
 * @throws UserError for a variable that makes no sense, or a folder that cannot be written to
 */
function profileAsked({ js }: Arguments): 'off' | 'on' | { readonly folder: string } {
  const asked = profileFromEnvironment(process.env, ['on', 'off']) ?? 'off';
  if (typeof asked === 'object') {
    try {
      checkWritable(path.join(asked.folder, 'samples.pb.gz'));
    } catch (cause) {
      throw new UserError(`${PROFILE_VARIABLE} is ${asked.folder}, where no file can be written: name another folder.`, EXIT.io, { cause });
    }
    return asked;
  }
  if (asked === 'otlp')
    throw new UserError(
      `${PROFILE_VARIABLE}=otlp sends profiles of a program with inferscope/register: use on, or a folder, under \`inferscope run\`.`,
      EXIT.config,
    );
  return asked === 'off' && js !== true ? 'off' : 'on';
}

interface Ran {
  readonly folder: string;
  readonly program: readonly string[];
  readonly profile: ReturnType<typeof profileAsked>;
}

/** Gives the program's own exit code: that its report failed is said, and is the exit code of a program that ended well. */
async function reportOn(ran: Ran, { code }: ProgramExit, args: Arguments & CommonArguments, terminal: Terminal): Promise<number> {
  const { folder, program } = ran;
  try {
    const unseen = unseenSentences(folder);
    for (const sentence of unseen) terminal.remark(sentence);
    const run = readProgramRun(folder);
    if (run.kind === 'some') await tellReport(ran, run.recordings, args, terminal);
    else if (run.kind !== 'none') terminal.remark(run.kind === 'open' ? NONE_ENDED : NOTHING_KEPT);
    else {
      // Operations of a copy whose calls cannot be seen may well be those of calls.
      terminal.remark(unseen.length > 0 ? 'No report: no call was recorded.' : nothingRecorded(outsideIn(folder), program, ownCommand()));
      dropOutside(folder);
    }
    return code;
  } catch (thrown) {
    const failed = reportError(thrown, args);
    return code === 0 ? failed : code;
  }
}

const NONE_ENDED = 'No report: calls had begun, but none had ended when the program did.';
const NOTHING_KEPT = 'No report: calls were made, but none could be recorded; the reason is on standard error.';

async function tellReport({ folder, profile }: Ran, recordings: readonly Recording[], args: Arguments, terminal: Terminal): Promise<void> {
  writeProgramScripts(folder, recordings);
  const pprof = profile === 'off' ? null : writeProgramPprof(folder, recordings, profile === 'on' ? undefined : profile.folder);
  const { analysis, files } = reportRun(folder, 'write', recordings);
  for (const sentence of restoredIn(recordings)) terminal.remark(sentence);
  await presentReport(analysis, folder, args, terminal);
  if (pprof !== null) terminal.say(`V8 samples with the span and trace id of their call: ${viewCommand(pprof)}`);
  else if (profile !== 'off') terminal.remark('V8 was not sampled: there are samples of Node.js programs only.');
  terminal.data(reportObject(analysis, [...files, ...(pprof === null ? [] : [{ format: 'pprof', path: pprof }])]));
}

/** Once, whatever the number of processes and threads. */
const restoredIn = (recordings: readonly Recording[]): ReadonlySet<string> =>
  new Set(
    recordings.flatMap(
      ({
        meta: {
          environment: { node, restored },
        },
      }) => (restored === undefined ? [] : [restoredSentence(node, restored)]),
    ),
  );
