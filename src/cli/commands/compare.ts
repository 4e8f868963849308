import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { analyse } from '../../analyse/analyse.js';
import { compareRuns } from '../../analyse/compare-runs.js';
import { readRun, writeFile } from '../../api/run-folder.js';
import type { Analysis, VariantAnalysis } from '../../model/analysis.js';
import { EXIT } from '../../model/errors.js';
import type { Recording } from '../../model/recording.js';
import { renderReportHtml } from '../../render/report-html.js';
import { reportObject } from '../../render/report-json.js';
import type { CommandSpec } from '../command.js';

interface Arguments {
  readonly baseline: string;
  readonly candidate: string;
  readonly force: boolean;
  readonly out: string | undefined;
}

export const compareCommand: CommandSpec<Arguments> = {
  command: 'compare <baseline> <candidate>',
  describe: 'Compare two runs of one model, variant by variant',
  examples: [
    ['compare profiles/before profiles/after', 'Which is faster, and where the difference is'],
    ['compare a b --force --json', 'Although they are unlike (another library, other threads, …)'],
  ],
  options: (yargs) =>
    yargs
      .positional('baseline', { type: 'string', demandOption: true, describe: 'Run folder or recording' })
      .positional('candidate', { type: 'string', demandOption: true, describe: 'Run folder or recording' })
      .option('force', { type: 'boolean', default: false, describe: 'Compare unlike runs; what differs is listed' })
      .option('out', { type: 'string', describe: 'Folder for a report.html of the comparison' }),
  run: async (args, terminal) => {
    const baseline = readRun(args.baseline);
    const candidate = readRun(args.candidate);
    const result = compareRuns(baseline, candidate, { force: args.force });
    const analysis = joined(baseline, candidate, result);
    for (const { sentence } of result.comparisons) terminal.say(sentence);
    for (const note of result.notes) terminal.say(`- ${note}`);
    const files = args.out === undefined ? [] : [writeComparison(args.out, analysis)];
    for (const file of files) terminal.say(`Report: ${path.resolve(file.path)}`);
    terminal.data({ ...reportObject(analysis, files), basis: result.basis, differences: result.differences });
    return await Promise.resolve(EXIT.ok);
  },
};

/** Both runs as one analysis: each variant twice, named after its side. */
function joined(baseline: readonly Recording[], candidate: readonly Recording[], result: ReturnType<typeof compareRuns>): Analysis {
  const before = analyse(baseline);
  const after = analyse(candidate);
  const marked = (variants: readonly VariantAnalysis[], side: string): VariantAnalysis[] => variants.map((variant) => ({ ...variant, key: `${variant.key} (${side})`, name: `${variant.name} (${side})` }));
  return {
    ...before,
    variants: [...marked(before.variants, 'baseline'), ...marked(after.variants, 'candidate')],
    comparisons: result.comparisons.map((comparison) => ({ ...comparison, baseline: `${comparison.baseline} (baseline)`, candidate: `${comparison.candidate} (candidate)` })),
    spans: { recorded: before.spans.recorded + after.spans.recorded, accepted: null, lost: before.spans.lost + after.spans.lost },
    notes: [...result.notes, ...before.notes, ...after.notes],
    advice: [],
  };
}

function writeComparison(folder: string, analysis: Analysis): { readonly format: string; readonly path: string } {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'report.html');
  writeFile(file, renderReportHtml(analysis));
  return { format: 'html', path: file };
}
