import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
// @ts-expect-error a plain script without types
import { findViolations } from '../../scripts/check-layers.mjs';

const find = findViolations as (root: string, layers?: Record<string, readonly string[]>) => string[];

function tree(files: Record<string, string>): string {
  const root = mkdtempSync(path.join(tmpdir(), 'layers-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.join(root, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return root;
}

test('our own sources keep the ladder', () => {
  expect(find('.')).toEqual([]);
});

test('an import of a floor above, and of a floor below that is not allowed, is caught', () => {
  const root = tree({
    'src/report/a.ts': "import { b } from '../record/b.js';\n",
    'src/record/b.ts': "import { c } from '../cli/c.js';\nexport const b = 1;\n",
    'src/cli/c.ts': 'export const c = 1;\n',
  });
  expect(find(root).sort()).toEqual([
    'src/record/b.ts: record/ may not import cli/ (../cli/c.js)',
    'src/report/a.ts: report/ may not import record/ (../record/b.js)',
  ]);
});

test('the parts of an engine are floors of their own: a file belongs to the nearest folder of the table', () => {
  const root = tree({
    'src/engines/tensorflow/graph/deep/a.ts': "import { b } from '../../seams/b.js';\nimport { c } from '../../../c.js';\n",
    'src/engines/tensorflow/seams/b.ts': 'export const b = 1;\n',
    'src/engines/c.ts': 'export const c = 1;\n',
  });
  expect(find(root)).toEqual([
    'src/engines/tensorflow/graph/deep/a.ts: engines/tensorflow/graph/ may not import engines/tensorflow/seams/ (../../seams/b.js)',
  ]);
});

test('a package in model/, a multi-line import and a dynamic import are caught', () => {
  const root = tree({
    'src/model/a.ts': "import fs from 'node:fs';\n",
    'src/telemetry/b.ts': "import {\n  c,\n} from '../analyse/c.js';\nconst d = await import('../cli/d.js');\n",
  });
  expect(find(root).sort()).toEqual([
    'src/model/a.ts: model/ imports nothing, but it imports node:fs',
    'src/telemetry/b.ts: telemetry/ may not import analyse/ (../analyse/c.js)',
    'src/telemetry/b.ts: telemetry/ may not import cli/ (../cli/d.js)',
  ]);
});

test('a folder that is not in the table is caught', () => {
  expect(find(tree({ 'src/other/a.ts': '' }))).toEqual(['src/other/a.ts: the layer other is not in scripts/layers.mjs']);
});

test('files of one floor that import each other in a circle are caught, types too', () => {
  const root = tree({
    'src/model/a.ts': "import type { B } from './b.js';\nexport type A = B;\n",
    'src/model/b.ts': "import type { C } from './c.js';\nexport type B = C;\n",
    'src/model/c.ts': "import type { A } from './a.js';\nexport type C = A;\n",
    'src/model/d.ts': "import type { A } from './a.js';\nexport type D = A;\n",
  });
  expect(find(root)).toEqual(['These files import each other in a circle: src/model/a.ts, src/model/b.ts, src/model/c.ts']);
});

test('a table that is no ladder is caught', () => {
  expect(find(tree({ 'src/model/a.ts': '' }), { report: ['model'], model: ['report'] })).toEqual([
    'scripts/layers.mjs: model may import report, which does not stand below it',
  ]);
});

test('a figure that is worked out where only words belong is caught, in code and not in comments', () => {
  const say = 'works a figure out: find it in src/analyse/findings/, and put it into words here';
  const root = tree({
    'src/report/a.ts': '// all.sort()\nconst sum = all.reduce((a, b) => a + b, 0);\nconst best = all\n  .sort();\n',
    'src/report/b.ts': "import { median } from '../model/median.js';\nconst NOTABLE_SHARE = 0.1;\nconst MAX_ROWS = 12;\n",
    'src/report/c.ts': "const first = all.reduce<number>(one);\nconst sorted = 'all of .sorted(';\n",
    'src/model/median.ts': 'export const median = [].sort();\n',
  });
  expect(find(root)).toEqual([
    `src/report/a.ts:2: ${say}`,
    `src/report/a.ts:4: ${say}`,
    `src/report/b.ts:1: ${say}`,
    `src/report/b.ts:2: ${say}`,
    `src/report/c.ts:1: ${say}`,
  ]);
});

test('what draws may add up and sort; an excuse that nothing needs is caught', () => {
  expect(find(tree({ 'src/report/page/browser/a.ts': 'rows.sort();\n' }))).toEqual([]);
  expect(find(tree({ 'src/report/page/a.ts': 'rows.map(draw);\n' }))).toEqual([
    'scripts/layers.mjs: report/page is excused for drawing and works nothing out',
  ]);
});
