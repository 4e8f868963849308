import { expect, it } from 'vitest';
import type { VariantAnalysis } from '../../src/model/analysis.js';
import type { Growth, MemoryOwner, OwnerFigure } from '../../src/model/memory.js';
import { renderMemory } from '../../src/report/topics/memory.js';
import { headlineOf } from '../../src/report/topics/verdict.js';
import { growthSentences } from '../../src/report/words/growth.js';
import { drawAnalysis } from '../helpers/drawn-analysis.js';

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

it('tells a program whose tensors were counted from one in which nobody looked', () => {
  const told = (leaks?: readonly []) => renderMemory({ variants: [], ...(leaks === undefined ? {} : { leaks }) }).toString();
  expect(told()).toContain('Tensors were not counted in this run.');
  expect(told([])).toContain('Tensors were counted; none was found that stays with each call.');
});

it('draws none where nothing looked, as in older recordings', () => {
  expect(renderMemory({ variants }).toString()).not.toContain('Process');
});

it('names what was judged and what was not, and why, in a sentence each', () => {
  const figure = (owner: MemoryOwner, growth: Growth): OwnerFigure => ({ owner, fromBytes: MIB, toBytes: MIB, growth });
  const heap = figure('v8-heap', { kind: 'unknown', why: 'few-collections' });
  const buffers = figure('array-buffers', { kind: 'unknown', why: 'few-collections' });
  const memory = { madeBy: 'program', calls: 9, looks: 9, highestRssBytes: MIB } as const;
  const native = figure('native', { kind: 'none', bytesPerCall: 0, interval: [0, 0] });
  expect(growthSentences({ ...memory, owners: [heap, buffers, native] })).toEqual([
    'No growth with the calls was found, after a warm-up of a fifth of them, in: native.',
    'Not judged: V8 heap, array buffers (too few garbage collections; with `node --expose-gc` they are made between calls).',
  ]);
  expect(growthSentences({ ...memory, owners: [heap, figure('native', { kind: 'unknown', why: 'few-looks' })] })).toEqual([
    'Whether memory grows was not judged after 9 calls: V8 heap (too few garbage collections; with `node --expose-gc` they are made between calls); native (too few calls).',
  ]);
  expect(growthSentences({ ...memory, owners: [figure('native', { kind: 'unknown', why: 'inputs-grow' }), heap] })[0]).toContain(
    'native (inputs grew, too)',
  );
  expect(growthSentences({ ...memory, owners: [] })).toEqual([]);
});

it('says what the process had at its peak, in calls as well, and who grows in Python', () => {
  const growth = { kind: 'grows', bytesPerCall: 262_144, interval: [262_144, 262_144] } as const;
  const owners = [{ owner: 'process', fromBytes: MIB, toBytes: 2 * MIB, growth }] as const;
  const told = (calls: number) =>
    renderMemory({
      variants: [],
      memory: { madeBy: 'program', calls: 100, looks: 9, highestRssBytes: 400 * MIB, peak: { bytes: 512 * MIB, calls }, owners },
    }).toString();
  expect(told(1)).toContain(
    'The process had 512 MiB resident at its peak, by the end of the first call, loading included; between calls 400 MiB at most.',
  );
  expect(told(31)).toContain('512 MiB resident at its peak, within the first 31 of 100 calls; between calls 400 MiB at most.');
  expect(told(1)).toContain('Memory grows with the calls: the resident set of the Python process, 256 KiB per call');
});

it('is what to do about a program first, and of calls that were measured a matter of the section', () => {
  const growth = { kind: 'grows', bytesPerCall: 49_152, interval: [49_152, 49_152] } as const;
  const owners = [{ owner: 'array-buffers', fromBytes: MIB, toBytes: 2 * MIB, growth }] as const;
  const act = (madeBy: 'program' | 'inferscope', calls = 200) =>
    headlineOf({ ...drawAnalysis({ 'a/predict': 'predict 100' }), memory: { madeBy, calls, looks: 9, highestRssBytes: MIB, owners } }).act;
  expect(act('program')).toMatch(
    /^Memory grows with the calls: array buffers, 48\.0 KiB per call .* over 200 calls; something keeps typed arrays/,
  );
  expect(act('inferscope')).not.toContain('Memory grows');
  expect(act('program', 199)).not.toContain('Memory grows');
});
