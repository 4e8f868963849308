import { readFileSync } from 'node:fs';
import path from 'node:path';
import open from 'open';
import type { Argv } from 'yargs';
import type { Analysis } from '../model/analysis.js';
import { renderScreen } from '../report/screen.js';
import type { Terminal } from './terminal.js';

export interface PresentArguments {
  readonly full: boolean;
  readonly open: boolean;
}

/** Options of the commands that end in a report. */
export const presentOptions = <T>(yargs: Argv<T>): Argv<T & PresentArguments> =>
  yargs
    .option('full', { type: 'boolean', default: false, describe: 'Print the whole report, as in report.md, instead of one screen' })
    .option('open', { type: 'boolean', default: false, describe: 'Open the report in the browser' });

/** How this command line was called, so that what it names can be typed. */
export function ownCommand(script = process.argv[1] ?? '', env: NodeJS.ProcessEnv = process.env): string {
  if (env['npm_command'] === 'exec' || script.includes(`node_modules${path.sep}`)) return 'npx inferscope';
  return path.basename(script) === 'main.js' ? `node ${path.relative('', script)}` : 'inferscope';
}

/** What to type to look at a file or a run folder. */
export function viewCommand(file: string): string {
  const relative = path.relative('', file);
  const shown = relative === '' || relative.startsWith('..') ? file : relative;
  return `${ownCommand()} view ${/\s/.test(shown) ? `'${shown}'` : shown}`;
}

/** Tells the result of a run whose reports are written: one screen, or all of it. */
export async function presentReport(analysis: Analysis, folder: string, args: PresentArguments, terminal: Terminal): Promise<void> {
  const report = path.resolve(folder, 'report.html');
  terminal.keepLog(path.resolve(folder, 'tensorflow.log'));
  if (args.full) terminal.say(`${readFileSync(path.resolve(folder, 'report.md'), 'utf8')}\nReport: ${report}`);
  else
    terminal.say(
      renderScreen(analysis, {
        report,
        open: viewCommand(folder),
        ...(process.stdout.isTTY ? { columns: process.stdout.columns } : {}),
      }),
    );
  if (args.open) await open(report).catch(() => terminal.remark(`No browser could be opened: open ${report} yourself.`));
}
