import { existsSync } from 'node:fs';
import path from 'node:path';
import { compareRuns } from '../../analyse/compare-runs.js';
import { joinSides } from '../../analyse/join-sides.js';
import { openRun, type OpenedRun } from '../../runs/open-run.js';
import { profilesOfOpened } from '../../runs/profiles-of-run.js';
import { extrasOf } from '../../runs/report-extras.js';
import { claimReportFolder } from '../../runs/own-folder.js';
import { writeRunFile } from '../../runs/write-file.js';
import { comparisonOfProfiles } from '../../runs/view-profiles.js';
import { EXIT, UserError, type ExitCode } from '../../model/errors.js';
import type { ProfileBasis } from '../../model/foreign.js';
import { startOf } from '../../model/program-file.js';
import { quoted } from '../../model/quoted.js';
import type { WrittenFile } from '../../report/input.js';
import { renderProfilesHtml } from '../../report/studies/profiles/html.js';
import { profilesObject } from '../../report/studies/profiles/json.js';
import { renderProfilesMarkdown } from '../../report/studies/profiles/markdown.js';
import { renderReportHtml } from '../../report/report-html.js';
import { reportObject } from '../../report/report-json.js';
import { renderReportMarkdown } from '../../report/report-markdown.js';
import type { CommandSpec } from '../command.js';
import { looksLikeModel } from '../../engines/engines.js';
import { existingOf } from '../options.js';
import type { Terminal } from '../terminal.js';
import {
  compareModelsCommand,
  compareProgramsCommand,
  refuseForRuns,
  togetherOptions,
  type TogetherArguments,
} from './compare-together.js';
import { tell, tellRuns } from '../../report/tell.js';

interface Arguments extends TogetherArguments {
  readonly baseline: string;
  readonly candidate: string;
  readonly run: boolean;
  readonly force: boolean;
  readonly by: ProfileBasis | undefined;
  readonly out: string | undefined;
}

export const compareCommand: CommandSpec<Arguments> = {
  filtersLog: true,
  examples: [
    ['compare v1/ v2/', 'Two models, measured together: pairs of processes that take turns'],
    ['compare model/ model/ --variant-b graph/predict --env-b TF_NUM_INTRAOP_THREADS=1', 'Whatever the two sides differ in'],
    ['compare model/ model/ --tensorflow-b 2.21.0', 'The same model with another version of TensorFlow'],
    ['compare --run "node before.js" "node after.js"', 'Two programs, run alternately'],
    ['compare profiles/before profiles/after', 'Two runs that were recorded before, as far as processes can be compared'],
    ['compare before.cpuprofile after.cpuprofile', 'Profiles of other tools: which frames take a larger or smaller share'],
    ['compare a.trace.json b.trace.json --by time --out diff', 'By time, with a page and its text in the folder diff'],
    ['compare a b --force --json', 'Although they are unlike (another library, other threads, …)'],
  ],
  options: (yargs) =>
    togetherOptions(yargs)
      .positional('baseline', {
        type: 'string',
        demandOption: true,
        describe: 'Model, run folder, recording, or profile of another tool; with --run a command',
      })
      .positional('candidate', { type: 'string', demandOption: true, describe: 'The same' })
      .option('run', { type: 'boolean', default: false, describe: 'The two are commands: run them alternately and compare their calls' })
      .option('force', { type: 'boolean', default: false, describe: 'Compare unlike runs; what differs is listed' })
      .option('by', {
        choices: ['time', 'share'] as const,
        describe: 'Files of other tools: compare times or shares (default: times where both were measured, shares of samples)',
      })
      .option('out', { type: 'string', describe: 'Folder for a report.html and a report.md of the comparison' }),
  run: async (args, terminal) => {
    if (args.run) return await compareProgramsCommand(args, terminal);
    if (isModel(args.baseline, args.candidate)) return await compareModelsCommand(args, terminal);
    refusePrograms(args.baseline, args.candidate);
    refuseForRuns(args);
    if (args.out !== undefined) claimReportFolder(args.out, existingOf(args));
    const [before, after] = [openRun(args.baseline), openRun(args.candidate)];
    if (before.kind === 'profiles' || after.kind === 'profiles') return compareForeign(before, after, args, terminal);
    const [baseline, candidate] = [before.recordings, after.recordings];
    const result = compareRuns(baseline, candidate, { force: args.force });
    const analysis = tell(joinSides(baseline, candidate, { ...result, judgedBy: 'runs' }));
    const { notes } = tellRuns(result);
    for (const { sentence } of analysis.comparisons) terminal.say(sentence);
    for (const note of notes) terminal.say(`- ${note}`);
    const extras = extrasOf([...baseline, ...candidate]);
    const files =
      args.out === undefined
        ? []
        : writeComparison(args.out, {
            html: () => renderReportHtml(analysis, extras),
            markdown: () => renderReportMarkdown(analysis, extras),
          });
    for (const file of files) terminal.say(`Report: ${path.resolve(file.path)}`);
    terminal.data({ ...reportObject(analysis, files), basis: result.basis, differences: result.differences });
    return await Promise.resolve(EXIT.ok);
  },
};

/** A command line in one word, as `--run` takes it. */
const COMMAND = /^(?:\S*\/)?(?:node|python[\d.]*|npm|npx|pnpm|yarn|tsx|bun|deno)\s/;

const commandOf = (given: string): string | undefined => (existsSync(given) ? startOf(given) : COMMAND.test(given) ? given : undefined);

/** @throws UserError where both are programs, which nothing can read */
function refusePrograms(...given: [string, string]): void {
  const [one, other] = given.map(commandOf);
  if (one !== undefined && other !== undefined)
    throw new UserError(`These are two programs: write \`inferscope compare --run ${quoted(one)} ${quoted(other)}\`.`, EXIT.usage);
}

/** @throws UserError where only one of the two is a model */
function isModel(baseline: string, candidate: string): boolean {
  const [one, other] = [looksLikeModel(baseline), looksLikeModel(candidate)];
  if (one === other) return one;
  const [model, recorded] = one ? [baseline, candidate] : [candidate, baseline];
  if (!existsSync(recorded)) throw new UserError(`There is nothing at ${recorded}: check the path.`, EXIT.notFound);
  throw new UserError(
    `${model} is a model and ${recorded} is not: give two models to measure them together, or two runs (\`inferscope profile ${model}\` makes one).`,
    EXIT.usage,
  );
}

/** Files of other tools, or one beside a run of ours: frame by frame instead of call by call. */
function compareForeign(before: OpenedRun, after: OpenedRun, args: Arguments, terminal: Terminal): ExitCode {
  const names = [path.basename(args.baseline), path.basename(args.candidate)] as const;
  const view = comparisonOfProfiles(
    profilesOfOpened(before),
    profilesOfOpened(after),
    names,
    args.by === undefined ? {} : { basis: args.by },
  );
  terminal.say(renderProfilesMarkdown(view).trimEnd());
  const files =
    args.out === undefined
      ? []
      : writeComparison(args.out, { html: () => renderProfilesHtml(view), markdown: () => renderProfilesMarkdown(view) });
  for (const file of files) terminal.say(`Report: ${path.resolve(file.path)}`);
  terminal.data({ ...profilesObject(view), files });
  return EXIT.ok;
}

function writeComparison(folder: string, report: { html(): string; markdown(): string }): readonly WrittenFile[] {
  return [['html', 'report.html', report.html()] as const, ['markdown', 'report.md', report.markdown()] as const].map(
    ([format, name, content]) => {
      const file = path.join(folder, name);
      writeRunFile(file, content);
      return { format, path: file };
    },
  );
}
