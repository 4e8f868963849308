import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { againstTfjsIn, writeAgainst } from '../../src/runs/against-tfjs.js';
import { checkFolder } from '../../src/runs/own-folder.js';
import { reportRun } from '../../src/runs/analyse-run.js';
import { viewed } from '../helpers/told-again.js';

const FIXTURES = 'test/fixtures/short-runs';

/** Two runs of one recording each: the second stands for tfjs-node. */
function folder(): string {
  const run = mkdtempSync(path.join(tmpdir(), 'against-'));
  for (const [place, file] of [
    ['recordings', '0.isr'],
    ['tfjs/recordings', '1.isr'],
  ] as const) {
    mkdirSync(path.join(run, place), { recursive: true });
    cpSync(path.join(FIXTURES, file), path.join(run, place, 'main.isr'));
  }
  reportRun(run);
  return run;
}

test('view of a Keras run tells the comparison with tfjs-node, from the recordings of both and the file beside them', async () => {
  const run = folder();
  expect(againstTfjsIn(run)).toBeNull();
  expect((await viewed(run)).text).not.toContain('Against tfjs-node');
  writeAgainst(run, { kind: 'compared', form: 'graph', largestRelativeDifference: 1e-6 });
  const against = againstTfjsIn(run);
  if (against?.kind !== 'compared') throw new Error('not compared');
  expect(against.rows[0]).toMatchObject({ runtime: 'keras', ratio: 1 });
  expect(against.rows.some(({ runtime }) => runtime === 'tfjs-node')).toBe(true);
  const { text, data } = await viewed(run);
  expect(text).toContain('converted to a graph model by the official converter; largest relative difference of the outputs 1.0e-6');
  expect(text).toMatch(/^\| tfjs-node \| \S+ +\|/m);
  expect(data).toMatchObject({ against: { kind: 'compared', form: 'graph', folder: path.join(run, 'tfjs') } });
});

test('what was left out, and why', async () => {
  const run = folder();
  writeAgainst(run, { kind: 'skipped', reason: 'no converter' });
  expect((await viewed(run)).data).toMatchObject({ against: { kind: 'skipped', reason: 'no converter' } });
});

test.each([
  ['{"kind": "compared"', 'is not complete JSON'],
  ['{"kind": "compared", "form": "graph"}', "must have required property 'largestRelativeDifference'"],
  ['{"kind": "guessed", "reason": "x"}', 'kind must be equal to one of the allowed values'],
])('a damaged file is refused: %s', (content, why) => {
  const run = folder();
  writeFileSync(path.join(run, 'against-tfjs.json'), content);
  expect(() => againstTfjsIn(run)).toThrow(why);
});

test('such a folder is a run’s own: --overwrite replaces it', () => {
  const run = folder();
  mkdirSync(path.join(run, 'tfjs-model'));
  writeAgainst(run, { kind: 'skipped', reason: 'no converter' });
  expect(() => checkFolder(run, 'overwrite')).not.toThrow();
  writeFileSync(path.join(run, 'mine.txt'), '');
  expect(() => checkFolder(run, 'overwrite')).toThrow('mine.txt');
});
