import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { viewCommand } from '../../src/cli/commands/view.js';
import { exportCommand } from '../../src/cli/commands/export.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { renderScreen } from '../../src/report/screen.js';
import { analyseRun } from '../../src/runs/analyse-run.js';
import { extrasOf } from '../../src/runs/report-extras.js';
import { readRun } from '../../src/runs/run-folder.js';
import { expectSameAsJson, expectSameFigures } from './same-figures.js';

/** What a command printed and gave as data. */
interface Said {
  readonly text: string;
  readonly data: unknown;
}

async function saidBy(run: (terminal: Terminal) => Promise<unknown>): Promise<Said> {
  const lines: string[] = [];
  let data: unknown;
  await run({
    say: (text) => void lines.push(text),
    data: (value) => void (data = JSON.parse(JSON.stringify(value)) as unknown),
    remark: () => undefined,
    keepLog: () => undefined,
  });
  return { text: lines.join('\n'), data };
}

/** What `view RUN --text` says, as text and as data. */
export const viewed = (run: string): Promise<Said> =>
  saidBy((terminal) =>
    viewCommand.run(
      { run, port: 0, open: false, text: true, out: undefined, 'from-jaeger': undefined, trace: undefined, json: false, verbose: false },
      terminal,
    ),
  );

/** Files of the run: the command that made it knows them, one that opens it does not. */
const withoutFiles = (report: unknown): unknown => ({ ...(report as object), files: undefined });

/**
 * Sees that `view` and `export` of a run folder say what the reports in it say, which the command that made the run wrote, and
 * that page, text and `report.json` give the same figures; gives what they say.
 */
export async function expectToldAgain(folder: string): Promise<Said> {
  const text = readFileSync(path.join(folder, 'report.md'), 'utf8');
  const report: unknown = JSON.parse(readFileSync(path.join(folder, 'report.json'), 'utf8'));
  const again = await viewed(folder);
  expect(again.text).toBe(text.trimEnd());
  expect(withoutFiles(again.data)).toEqual(withoutFiles(report));
  for (const [to, file, read] of [
    ['markdown', 'export.md', (content: string): unknown => content],
    ['json', 'export.json', (content: string): unknown => withoutFiles(JSON.parse(content))],
  ] as const) {
    await saidBy((terminal) =>
      exportCommand.run(
        {
          run: folder,
          to,
          endpoint: undefined,
          resume: undefined,
          out: undefined,
          patience: undefined,
          'jaeger-url': undefined,
          json: false,
          verbose: false,
        },
        terminal,
      ),
    );
    expect(read(readFileSync(path.join(folder, file), 'utf8'))).toEqual(to === 'json' ? withoutFiles(report) : text);
  }
  const recordings = readRun(folder);
  const input = { analysis: analyseRun(folder, recordings), extras: extrasOf(recordings, folder) };
  expectSameFigures(input);
  expectSameAsJson(input);
  return again;
}

/** The screen of a run, made from its folder, without where the page is and what opens it. */
export const screenOf = (folder: string): string =>
  withoutPlaces(renderScreen(analyseRun(folder, readRun(folder)), { report: 'x', open: 'x' }));

export const withoutPlaces = (screen: string): string =>
  screen
    .split('\n')
    .filter((line) => !/^(Report|To open it):/.test(line))
    .join('\n');
