import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import {
  checkAgainst,
  compareRuns,
  judgeClaim,
  measureSessions,
  profileModel,
  readBaseline,
  renderSweepHtml,
  sweepModel,
  writeBaseline,
} from '../../src/index.js';
import type { GateResult, Sweep, Trust } from '../../src/index.js';

const TINY = 'test/fixtures/layers-tiny';

it('gives every answer through the library, with types', async () => {
  const out = mkdtempSync(path.join(tmpdir(), 'inferscope-library-'));
  const sweep: Sweep = await sweepModel(TINY, { sizes: [1, 4, 16], passes: 2, calls: 20, warmup: 2, variants: ['uncompiled/predict'] });
  expect(sweep.variants[0]!.points).toHaveLength(6);
  expect(renderSweepHtml(sweep)).toContain('<svg class="sweep"');
  const baseline = await measureSessions(TINY, { sessions: 3, calls: 20, settleSeconds: 0 });
  const gate: GateResult = checkAgainst(readBaseline(writeBaseline(baseline), 'here'), baseline, { maxRegression: 0.05 });
  expect(gate.checks[0]!.ratio).toBeCloseTo(1, 9);
  const { recording, analysis } = await profileModel(TINY, { calls: 40, batch: 32, feed: 'reused', variants: ['uncompiled/predict'], out });
  const trust: Trust = analysis.trust!;
  expect(['passed', 'failed', 'not-run']).toContain(trust.grade);
  expect(compareRuns([recording], [recording]).basis).toBe('times');
  expect(
    judgeClaim(
      { id: 'a', experiment: 'tiny', what: 'b', unit: 'ratio', published: 2, source: 'published' },
      { kind: 'figure', value: 2, interval: [1.9, 2.1] },
    ).verdict,
  ).toBe('holds here');
});
