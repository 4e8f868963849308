import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { SAYS_WHAT_IT_NEEDS } from '../helpers/skipped-reporter.js';

/** What is wrong with a test's source: a skip without its reason, a wait of a fixed time, an assertion that cannot fail. */
function faultsOf(source: string): readonly string[] {
  const said = (pattern: RegExp, fault: (following: string) => string | null): readonly string[] =>
    [...source.matchAll(pattern)].flatMap(({ index }) => fault(source.slice(index, index + 400)) ?? []);
  return [
    ...said(/\.(?:skipIf|runIf)\(/g, (following) =>
      SAYS_WHAT_IT_NEEDS.test(following) ? null : 'a condition whose test does not say what it needs',
    ),
    ...said(/\breturn console\.|=== null\) return;/g, () => 'a test that passes without having run'),
    ...said(/\bskip\(\)|\.(?:skip|todo|only)\(/g, () => 'a skip without a reason'),
    ...said(/^.*\bawait .*(?:setTimeout|(?<!\.)\bsleep|waitForTimeout)\(.*$/gm, () => 'a wait of a fixed time'),
    ...said(/\bexpect\((?:true|false|null|undefined|\d+|'[^']*')\)/g, () => 'an assertion that cannot fail'),
  ];
}

const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('fixtures') && file !== path.join('check', 'tests.test.ts'))
  .map((file) => path.join('test', file));

it('no test is skipped without a word, waits a fixed time or asserts what is always so', () => {
  expect(files.length).toBeGreaterThan(200);
  expect(files.flatMap((file) => faultsOf(readFileSync(file, 'utf8')).map((fault) => `${file}: ${fault}`))).toEqual([]);
});

it.each([
  ["it.skipIf(windows)('reads', () => undefined);", 'a condition whose test does not say what it needs'],
  ["describe.runIf(linux).each([1])('reads [on a good day]', () => undefined);", 'a condition whose test does not say what it needs'],
  ["test('reads', ({ skip }) => skip());", 'a skip without a reason'],
  ["it.todo('reads');", 'a skip without a reason'],
  ['  if (python === null) return;', 'a test that passes without having run'],
  ['  await sleep(50);', 'a wait of a fixed time'],
  ['  await new Promise((resolve) => setTimeout(resolve, 50));', 'a wait of a fixed time'],
  ['  expect(true).toBe(true);', 'an assertion that cannot fail'],
])('%s is found', (source, fault) => expect(faultsOf(source)).toEqual([fault]));

it('what says why is none', () => {
  expect(faultsOf("it.skipIf(windows)('reads [not on Windows]', ({ skip }) => skip('no disk'));\nawait vi.waitUntil(() => done);")).toEqual(
    [],
  );
});
