import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { CLAIM_VERDICTS, type Claim } from '../../src/model/claim.js';
import { judgeClaim } from '../../src/report/words/claims.js';
import { renderReproductionHtml, renderReproductionMarkdown } from '../../src/report/studies/reproduction/reproduction.js';

async function reproduce(...args: string[]) {
  const out = mkdtempSync(path.join(tmpdir(), 'inferscope-reproduce-'));
  const { stdout, stderr, exitCode } = await execa('node', ['dist/cli/main.js', 'reproduce', ...args, '--json', '--out', out], {
    reject: false,
  });
  expect(exitCode, stderr).toBe(0);
  return { out, result: JSON.parse(stdout) as { claims: Claim[]; machine: [string, string][]; notes: string[] } };
}

it('repeats every experiment on real TensorFlow, each claim with the published figure beside ours', async () => {
  const { out, result } = await reproduce('all', '--quick');
  const { claims } = result;
  expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length);
  expect(new Set(claims.map(({ experiment }) => experiment))).toEqual(new Set(['tiny', 'medium', 'paths', 'workarounds', 'retracing']));
  for (const claim of claims) {
    expect(Object.keys(claim).sort()).toEqual([
      'experiment',
      'id',
      'interval',
      'measured',
      'published',
      'sentence',
      'source',
      'unit',
      'verdict',
      'what',
    ]);
    expect(CLAIM_VERDICTS).toContain(claim.verdict);
    expect(typeof claim.published).toBe('number');
    expect(claim.sentence).toContain(claim.verdict);
    expect(claim.measured === null).toBe(claim.interval === null);
  }
  const claim = (id: string): Claim => claims.find((one) => one.id === id)!;
  expect(claim('tiny-compiled').published).toBeCloseTo(30.11, 2);
  expect(claim('medium-compiled').published).toBeCloseTo(0.9968, 4);
  // What does not depend on time: one path, no dataset, and what builds a graph.
  expect(claim('two-paths')).toMatchObject({ measured: 1, verdict: 'does not hold here' });
  expect(claim('predict-dataset')).toMatchObject({
    measured: null,
    verdict: 'inconclusive',
    sentence: expect.stringContaining('takes tensors only'),
  });
  expect(claims.filter(({ experiment }) => experiment === 'retracing').map(({ measured }) => measured)).toEqual([2, 0, 0, 1, 1, 2, 2]);
  expect(claim('retrace-numbers').sentence).toContain('first-trace for float32[3],2; new-value for float32[3],3');
  expect(result.notes.join(' ')).toContain('scaled down to 20 steps');
  expect(JSON.parse(readFileSync(path.join(out, 'claims.json'), 'utf8')).claims).toEqual(claims);
  expect(readFileSync(path.join(out, 'report.md'), 'utf8')).toContain('| tiny-compiled ');
  expect(readFileSync(path.join(out, 'tiny', 'report.html'), 'utf8')).toContain('loaded-with-training');
});

it('renders claims as text, whatever they say', () => {
  const hostile = '<img src=x onerror=alert(1)>|`*';
  const claim = judgeClaim(
    { id: hostile, experiment: 'tiny', what: hostile, unit: 'ratio', published: 2, source: 'published' },
    { kind: 'none', reason: hostile },
  );
  const reproduction = { runtime: 'tfjs-node', machine: [[hostile, hostile]] as const, claims: [claim], notes: [hostile] };
  const page = renderReproductionHtml(reproduction);
  expect(page).not.toContain('<img');
  expect(page).not.toMatch(/<script|\sstyle="/);
  expect(renderReproductionMarkdown(reproduction)).toContain('0 of 1 published figures hold here, 0 do not, 1 is inconclusive.');
});
