import { execa } from 'execa';
import { expect, it } from 'vitest';

it('nothing that reads what others bring crashes, hangs or gives a figure that cannot be, on what fuzzing found before and on a few hundred cases more', async () => {
  const { stdout, stderr, exitCode } = await execa('node', ['scripts/fuzz.mjs', 'all', '--cases', '60'], { reject: false });
  expect(stderr).toBe('');
  expect(stdout.split('\n').every((line) => line.endsWith(', 0 faults'))).toBe(true);
  expect([stdout.split('\n').length, exitCode]).toEqual([22, 0]);
}, 300_000);

it('a target that is none is told, with the names of those that are', async () => {
  const { stderr, exitCode } = await execa('node', ['scripts/fuzz.mjs', 'nonsense'], { reject: false });
  expect([exitCode, stderr]).toEqual([64, expect.stringContaining('chrome-trace, cpuprofile, otlp')]);
}, 60_000);
