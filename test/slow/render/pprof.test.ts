import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readForeignProfile } from '../../helpers/foreign-profile.js';
import { renderPprof, renderPprofDiff, renderSamplesAsPprof } from '../../../src/formats/pprof/write.js';
import { drawAnalysis, drawDiff, drawTree, TINY } from '../../helpers/drawn-analysis.js';

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

/** Own nanoseconds by name as our reader gives them, what there is less of as negative. */
function ownTimes(file: string): readonly string[] {
  const own = new Map<string, number>();
  for (const { name, tree } of readForeignProfile(path.basename(file), gunzipSync(readFileSync(file)))) {
    const waiting = [tree];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (node.selfNanos > 0) own.set(node.name, (own.get(node.name) ?? 0) + (name.endsWith('(less)') ? -1 : 1) * node.selfNanos);
      waiting.push(...node.children);
    }
  }
  return [...own].map(([name, nanos]) => `${name} ${nanos}`).sort();
}

describe('go tool pprof', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-pprof-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const pprof = (...args: string[]): string =>
    execFileSync(go!, ['tool', 'pprof', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

  it.skipIf(go === null)('reads a run and its labels [needs Go]', () => {
    const file = path.join(folder, 'run.pb.gz');
    writeFileSync(file, renderPprof(drawAnalysis(TINY).variants));
    const top = pprof('-top', '-unit=us', '-tagfocus=variant=graph/predict', file);
    expect(top).toMatch(/Type: wall/);
    expect(top).toMatch(/_MklNativeFusedMatMul/);
    expect(top).not.toMatch(/BiasAdd/);
    expect(pprof('-raw', file)).toMatch(/stage:\[?kernel-execution/);
  });

  it.skipIf(go === null)(
    'and our reader give each function the same time, of a profile and of its own difference of two [needs Go]',
    () => {
      const [before, after, delta] = ['before', 'after', 'delta'].map((name) => path.join(folder, `${name}.pb.gz`)) as [
        string,
        string,
        string,
      ];
      const tree = (drawn: string) => [{ key: 'v', tree: drawTree(drawn) }];
      writeFileSync(before, renderPprof(tree('p 10\n  a 2000\n    b 700\n  c 40')));
      writeFileSync(after, renderPprof(tree('p 30\n  a 1500\n    b 900\n    d 5')));
      pprof('-proto', `-output=${delta}`, `-base=${before}`, after);
      for (const file of [after, delta]) {
        const theirs = [...pprof('-top', '-unit=ns', '-nodefraction=0', file).matchAll(/^\s*(-?\d+)(?:ns)?\s.*\s(\S+)$/gm)]
          .map(([, nanos, name]) => `${name} ${nanos}`)
          .filter((line) => !line.endsWith(' 0'));
        expect(ownTimes(file), file).toEqual(theirs.sort());
      }
      expect(ownTimes(delta)).toEqual(['a -50000', 'b 20000', 'c -4000', 'd 500', 'p 2000']);
    },
  );

  it.skipIf(go === null)('shows what a difference gained and lost [needs Go]', () => {
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

describe('go tool pprof, of samples that know their span', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-pprof-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.skipIf(go === null)('shows what ran in one span alone [needs Go]', () => {
    const file = path.join(folder, 'spans.pb.gz');
    const sample = (name: string, nanos: number, span: string) => ({
      stack: [
        { name: 'main', file: '/app/main.js', line: 1 },
        { name, file: '/app/work.js', line: 20 },
      ],
      count: 1,
      nanos,
      labels: { span_id: span },
    });
    const samples = [sample('inA', 20_000_000, '00000000000000aa'), sample('inB', 30_000_000, '00000000000000bb')];
    writeFileSync(
      file,
      renderSamplesAsPprof({ samples, periodNanos: 10_000_000, timeNanos: 1_700_000_000_000_000_000, durationNanos: 60_000_000 }),
    );
    const pprof = (...args: string[]): string =>
      execFileSync(go!, ['tool', 'pprof', ...args, file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    // With `^`: pprof takes digits before letters for a number with a unit.
    const ofA = pprof('-top', '-unit=ms', '-tagfocus=span_id=^00000000000000aa');
    expect(ofA).toMatch(/Type: wall/);
    expect(ofA).toMatch(/Time: 2023-11-14/);
    expect(ofA).toMatch(/20ms .* inA/);
    expect(ofA).not.toMatch(/inB/);
    expect(pprof('-top', '-unit=ms')).toMatch(/30ms .* inB/);
  });
});
