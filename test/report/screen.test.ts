import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ownCommand } from '../../src/cli/present.js';
import { renderScreen } from '../../src/report/screen.js';
import { drawAnalysis } from '../helpers/drawn-analysis.js';

const CALL = 'predict 10\n  data-adapter 20\n  kernel-execution 70';
const WHERE = { report: '/runs/a/report.html', open: 'inferscope view runs/a' };

it('shows the baseline and the fastest variants, the verdict first and the report last', () => {
  const slow = Object.fromEntries(
    ['b', 'c', 'd', 'e', 'f'].map((name, index) => [`${name}/predict`, CALL.replace('70', String(700 + index))]),
  );
  const text = renderScreen(
    drawAnalysis({ 'uncompiled/predict': CALL, ...slow, 'graph/predict': 'predict 1\n  kernel-execution 9' }),
    WHERE,
  );
  const lines = text.split('\n');
  expect(lines[0]).toBe('Use graph/predict: 10.0× faster than uncompiled/predict.');
  expect(lines.filter((line) => /^[a-z]+\/predict /.test(line)).map((line) => line.split(' ')[0])).toEqual([
    'uncompiled/predict',
    'graph/predict',
    'b/predict',
    'c/predict',
  ]);
  expect(text).toContain('\n3 more variants are in the report.\n');
  expect(lines.slice(-2)).toEqual(['Report:     /runs/a/report.html', 'To open it: inferscope view runs/a   (all figures here: --full)']);
  expect(text).toContain('█ kernel execution  ░ glue code   (mean of warm calls)\n');
  expect(lines.length).toBeLessThanOrEqual(17);
});

it('keeps within the columns of the terminal, words whole', () => {
  const text = renderScreen(drawAnalysis({ 'uncompiled/predict': CALL, 'graph/predict': 'predict 1\n  kernel-execution 9' }), {
    ...WHERE,
    columns: 70,
  });
  const prose = text.split('\n').filter((line) => !/[▒█░]/.test(line));
  for (const line of prose.slice(0, -1)) expect(line.length).toBeLessThanOrEqual(70);
  expect(text.replace(/\s+/g, ' ')).toContain('How sure: 95 % interval of the ratio: ');
});

it('passes no control characters of a name on, and says what is missing', () => {
  const analysis = drawAnalysis(
    { 'a\u001b[2J\u0007\u009b/predict': CALL },
    {
      notes: ['The recording is incomplete: the run was ended.', 'p99 needs at least 299 calls.'],
      missing: ['The recording is incomplete: the run was ended.'],
    },
  );
  const text = renderScreen(analysis, { report: '/tmp/\u001b]0;x\u0007/report.html', open: 'x' });
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(text).toContain('Note:       The recording is incomplete: the run was ended.');
  expect(text).not.toContain('p99');
});

it('names a command that can be typed', () => {
  expect(ownCommand(path.join('/app/node_modules/.bin/inferscope'), {})).toBe('npx inferscope');
  expect(ownCommand('/usr/local/bin/inferscope', {})).toBe('inferscope');
  expect(ownCommand('/usr/local/bin/inferscope', { npm_command: 'exec' })).toBe('npx inferscope');
  expect(ownCommand(path.resolve('dist/cli/main.js'), {})).toBe(`node ${path.join('dist', 'cli', 'main.js')}`);
});

const GRAPH = 'predict 1\n  kernel-execution 399';
const XLA = 'predict 1\n  kernel-execution 369';

/** A model whose bars (means) and ratio disagree, because slow calls fell on one side. */
function stretched(verdict: 'slower' | 'faster' | 'cannot-tell') {
  const drawn = drawAnalysis({ 'graph/predict': GRAPH, 'graph-xla/predict': XLA });
  const medians = [150, 296];
  const ratio = verdict === 'faster' ? 1 / 1.97 : 1.97;
  return {
    ...drawn,
    variants: drawn.variants.map((variant, at) => ({ ...variant, latencyNanos: { ...variant.latencyNanos, p50: medians[at] ?? 0 } })),
    comparisons: drawn.comparisons.map((one) => ({ ...one, ratio, interval: [ratio * 0.9, ratio * 1.1] as const, verdict })),
  };
}

it.each(['slower', 'faster', 'cannot-tell'] as const)('says why bars and a ratio beside them disagree: %s', (verdict) => {
  const text = renderScreen(stretched(verdict), WHERE).replace(/\s+/g, ' ');
  expect(text).toContain(
    'Bars are means, which slow calls stretch; ratios compare calls of one round. Medians of all calls: graph/predict 150 ns, graph-xla/predict 296 ns.',
  );
});

it('says nothing of means where they agree with the ratio; of one variant it shows both', () => {
  expect(renderScreen(drawAnalysis({ 'uncompiled/predict': CALL, 'graph/predict': GRAPH }), WHERE)).not.toContain('means, which');
  const [only] = stretched('slower').variants;
  const alone = renderScreen({ ...drawAnalysis({ 'graph/predict': GRAPH }), variants: [only!] }, WHERE).replace(/\s+/g, ' ');
  expect(alone).toContain('Median call 150 ns (mean 400 ns: slow calls stretch it), from 100 warm calls');
});

it('property: a ratio, both means and both medians either agree within 15 % or the medians are given', () => {
  const nanos = fc.integer({ min: 100, max: 1e6 });
  fc.assert(
    fc.property(nanos, nanos, nanos, nanos, fc.double({ min: 0.2, max: 5, noNaN: true }), (meanA, meanB, p50A, p50B, ratio) => {
      const drawn = stretched(ratio > 1 ? 'slower' : 'faster');
      const latencies = [
        { mean: meanA, p50: p50A },
        { mean: meanB, p50: p50B },
      ];
      const analysis = {
        ...drawn,
        variants: drawn.variants.map((variant, at) => ({ ...variant, latencyNanos: { ...variant.latencyNanos, ...latencies[at] } })),
        comparisons: drawn.comparisons.map((one) => ({ ...one, ratio })),
      };
      const agree = [meanB / meanA, p50B / p50A].every((shown) => Math.abs(Math.log(shown / ratio)) < Math.log(1.15));
      expect(/Medians of all calls/.test(renderScreen(analysis, WHERE).replace(/\s+/g, ' '))).toBe(!agree);
    }),
  );
});
