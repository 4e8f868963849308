import { expect, it } from 'vitest';
import type { VariantAnalysis } from '../../src/model/analysis.js';
import { renderMemory } from '../../src/report/topics/memory.js';
import { drawAnalysis } from './drawn.js';

const MIB = 2 ** 20;
const { variants } = drawAnalysis({ 'a/predict': 'predict 100', 'b/predict': 'predict 50' });
/** Two looks at the process, one in each variant's calls: both belong to one track. */
const looked = variants.map((variant, i): VariantAnalysis => ({
  ...variant,
  timeline: variant.timeline.map((point, call) =>
    call === 3
      ? { ...point, startNanos: i * 1e9, memory: { rssBytes: (100 + i * 50) * MIB, heapUsedBytes: 20 * MIB, externalBytes: 5 * MIB } }
      : point,
  ),
}));

it('draws the memory of the process as one track over all variants, each line named', () => {
  const page = renderMemory({ variants: looked }).toString();
  expect(page).toContain(
    'aria-label="Memory of the process over the run: resident set 100 MiB to 150 MiB, V8 heap in use 20.0 MiB to 20.0 MiB,',
  );
  expect(page).toContain('all variants, over 1.00 s, highest 150 MiB');
  expect([...page.matchAll(/<path class="held m-(\w+)" d="M0\.0 [\d.]+L1000\.0 [\d.]+"/g)].map(([, name]) => name)).toEqual([
    'rss',
    'heap',
    'external',
  ]);
});

it('draws none where nothing looked, as in older recordings', () => {
  expect(renderMemory({ variants }).toString()).not.toContain('Process');
});
