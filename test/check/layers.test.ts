import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
// @ts-expect-error a plain script without types
import { findViolations } from '../../scripts/check-layers.mjs';

const find = findViolations as (root: string) => string[];

function tree(files: Record<string, string>): string {
  const root = mkdtempSync(path.join(tmpdir(), 'layers-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.join(root, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return root;
}

test('our own sources keep the layers', () => {
  expect(find('.')).toEqual([]);
});

test('a stage that imports another stage is caught', () => {
  const root = tree({ 'src/report/a.ts': "import { b } from '../record/b.js';\n", 'src/record/b.ts': 'export const b = 1;\n' });
  expect(find(root)).toEqual(['src/report/a.ts: render/ may not import record/ (../record/b.js)']);
});

test('a package in model/, a multi-line import and a dynamic import are caught', () => {
  const root = tree({
    'src/model/a.ts': "import fs from 'node:fs';\n",
    'src/telemetry/b.ts': "import {\n  c,\n} from '../analyse/c.js';\nconst d = await import('../cli/d.js');\n",
  });
  expect(find(root).sort()).toEqual([
    'src/telemetry/b.ts: export/ may not import analyse/ (../analyse/c.js)',
    'src/telemetry/b.ts: export/ may not import cli/ (../cli/d.js)',
    'src/model/a.ts: model/ imports nothing, but it imports node:fs',
  ]);
});

test('a folder that is not in the table is caught', () => {
  expect(find(tree({ 'src/other/a.ts': '' }))).toEqual(['src/other/a.ts: the layer other is not in scripts/layers.mjs']);
});
