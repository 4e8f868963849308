import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { renderPprof, renderPprofDiff } from '../../../src/formats/pprof/write.js';
import { drawAnalysis, drawDiff, drawTree, TINY } from '../../report/drawn.js';

/** Go builds its pprof at the first use, which takes a minute or two: that is why these tests are among the slow ones. */
const findGo = (): string | null => {
  for (const place of ['go', '/usr/local/go/bin/go']) {
    try {
      execFileSync(place, ['version']);
      return place;
    } catch {
      // Not here: the next place.
    }
  }
  return null;
};

const go = findGo();
const why = go === null ? ' (skipped: there is no Go on this machine)' : '';

describe('go tool pprof', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-pprof-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const pprof = (...args: string[]): string =>
    execFileSync(go!, ['tool', 'pprof', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

  it.skipIf(go === null)(`reads a run and its labels${why}`, () => {
    const file = path.join(folder, 'run.pb.gz');
    writeFileSync(file, renderPprof(drawAnalysis(TINY).variants));
    const top = pprof('-top', '-unit=us', '-tagfocus=variant=graph/predict', file);
    expect(top).toMatch(/Type: wall/);
    expect(top).toMatch(/_MklNativeFusedMatMul/);
    expect(top).not.toMatch(/BiasAdd/);
    expect(pprof('-raw', file)).toMatch(/stage:\[?kernel-execution/);
  });

  it.skipIf(go === null)(`shows what a difference gained and lost${why}`, () => {
    const file = path.join(folder, 'diff.pb.gz');
    writeFileSync(
      file,
      renderPprofDiff({ baseline: 'a', candidate: 'b', diff: drawDiff(drawTree('p 10\n  old 2000'), drawTree('p 10\n  new 3000')) }),
    );
    const top = pprof('-top', '-unit=ns', file);
    expect(top).toMatch(/3000ns\s.*new/);
    expect(top).toMatch(/-2000ns\s.*old/);
  });
});
