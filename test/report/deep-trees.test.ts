import { describe, expect, it } from 'vitest';
import { withScripts } from '../../src/analyse/graft-scripts.js';
import { compareProfiles } from '../../src/analyse/compare-profiles.js';
import { comparisonOfProfiles, viewOfProfiles } from '../../src/runs/view-profiles.js';
import type { Comparison, DiffNode, FlameNode } from '../../src/model/analysis.js';
import type { ForeignProfile } from '../../src/model/foreign.js';
import { childrenOf, mapTree, preOrder } from '../../src/model/pre-order.js';
import { profilesOf, readForeignFile } from '../../src/formats/read-foreign.js';
import { unpackDiff, unpackTree } from '../../src/report/page/browser/frames.js';
import { layOut } from '../../src/report/page/browser/layout.js';
import { mergeFrames } from '../../src/report/page/browser/merge.js';
import { rowWindow } from '../../src/report/page/browser/paint.js';
import { sandwichOf } from '../../src/report/page/browser/sandwich.js';
import { FORMATS } from '../../src/report/formats.js';
import { layersOf } from '../../src/model/layers.js';
import { packPage, type PackedDiff, type PackedTree } from '../../src/report/page/page-data.js';
import { renderPprofDiff } from '../../src/formats/pprof/write.js';
import { drawFindings, TINY } from '../helpers/drawn-analysis.js';

const DEPTH = 20_000;
const names = Array.from({ length: DEPTH }, (_, i) => `f${i}`);
const profilesFrom = (name: string, text: string): readonly ForeignProfile[] => profilesOf(readForeignFile(name, Buffer.from(text)));
const only = <T>([first]: readonly T[]): T => first as T;

/** One stack of 20,000 frames, whose time is the innermost one's. */
const chain = (nanos: number): ForeignProfile => only(profilesFrom(`deep-${nanos}.nanos.collapsed.txt`, `${names.join(';')} ${nanos}\n`));

const [short, long] = [chain(500), chain(700)];

/** As V8 writes it: each of the 20,000 nested functions with time of its own. */
const everywhere = (): ForeignProfile =>
  only(
    profilesFrom(
      'deep.cpuprofile',
      JSON.stringify({
        startTime: 0,
        endTime: DEPTH,
        nodes: [
          { id: 1, callFrame: { functionName: '(root)', url: '', lineNumber: -1 }, children: [2] },
          ...names.map((functionName, i) => ({
            id: i + 2,
            callFrame: { functionName, url: '', lineNumber: -1 },
            children: i + 1 < DEPTH ? [i + 3] : [],
          })),
        ],
        samples: names.map((_, i) => i + 2),
        timeDeltas: names.map((_, i) => (i === 0 ? 0 : 1)),
      }),
    ),
  );

describe('20,000 nested frames', () => {
  it.each(Object.entries(FORMATS).filter(([, { renderProfiles }]) => renderProfiles !== undefined))(
    'are written as %s, and read back where it is a profile',
    (name, { renderProfiles, extension }) => {
      const files = renderProfiles?.(viewOfProfiles('deep', [short])) ?? [];
      expect(files).toHaveLength(1);
      const content = Buffer.from(only(files).content);
      if (['html', 'markdown', 'json'].includes(name)) return;
      const [back] = profilesOf(readForeignFile(`deep${extension}`, content));
      const frames = back === undefined ? [] : preOrder(back.tree, childrenOf).nodes.filter((node) => /^f\d/.test(node.name));
      expect([back?.tree.totalNanos, frames.length, frames.at(-1)?.name]).toEqual([500, DEPTH, `f${DEPTH - 1}`]);
    },
  );

  it('with time of their own everywhere are refused in one sentence by formats that repeat the way to each frame, and written by the others', () => {
    const view = viewOfProfiles('deep', [everywhere()]);
    for (const name of ['pprof', 'collapsed'])
      expect(() => FORMATS[name]?.renderProfiles?.(view), name).toThrow(/too deep for .*: use speedscope or cpuprofile/);
    for (const name of ['speedscope', 'cpuprofile', 'html', 'markdown', 'json'])
      expect(FORMATS[name]?.renderProfiles?.(view), name).toHaveLength(1);
  }, 60_000);

  it('are compared, and the page draws both sides, grouped and by their callers', () => {
    const comparison = compareProfiles(short, long, { basis: 'time' });
    expect(preOrder(comparison.diff, childrenOf).nodes).toHaveLength(preOrder(short.tree, childrenOf).nodes.length);
    const view = comparisonOfProfiles([short], [long], ['a', 'b']);
    expect(only(FORMATS['json']?.renderProfiles?.(view) ?? []).content.length).toBeGreaterThan(0);
    expect(renderPprofDiff(comparison).length).toBeGreaterThan(0);
    const { data, parts } = packPage({ confidence: 0.95, variants: [{ key: 'a', calls: 1, tree: short.tree }], comparisons: [comparison] });
    const part = (name: string): unknown => parts.find((each) => each.name === name)?.content;
    const frames = unpackTree(part('tree-0') as PackedTree, data.strings);
    expect(layOut(frames, frames.self[0] ?? new Float64Array()).byDepth.length).toBe(frames.length);
    expect(mergeFrames(frames, 'layer').length).toBeGreaterThan(1);
    expect(sandwichOf(frames, `f${DEPTH - 1}`, frames.kind.at(-1) ?? 0).callers.length).toBe(frames.length);
    const diff = unpackDiff(part('diff-0') as PackedDiff, data.strings);
    expect(mergeFrames(diff, 'operation').length).toBeGreaterThan(1);
  }, 60_000);

  it('are within reach on the page: the rows that are drawn follow the selected frame', () => {
    expect(rowWindow(DEPTH, 0)).toEqual({ first: 0, count: 400 });
    for (const depth of [100, 399, 400, 5_000, DEPTH - 1]) {
      const { first, count } = rowWindow(DEPTH, depth);
      expect(depth >= first && depth < first + count && first + count <= DEPTH, String(depth)).toBe(true);
    }
    expect(rowWindow(30, 29)).toEqual({ first: 0, count: 30 });
  });

  it('of JavaScript are grafted below a span, on both sides of a comparison', () => {
    const base = drawFindings(TINY);
    const variants = base.variants.map(({ key }) => ({
      key,
      calls: 20,
      medianNanos: 900,
      intervalMicros: 200,
      samples: 12,
      gcSamples: 0,
      spans: [{ path: [], stacks: [{ frames: names, samples: 12, blocks: [6, 6] }] }],
    }));
    const grafted = withScripts(base, { version: 2, variants });
    const frames = (tree: FlameNode): number => preOrder(tree, childrenOf).nodes.length;
    expect(frames(only(grafted.variants).tree)).toBe(frames(only(base.variants).tree) + DEPTH);
  }, 60_000);

  it('of layers within layers are lined up', () => {
    const diff = compareProfiles(short, long, { basis: 'time' }).diff;
    const layers = mapTree(diff, childrenOf, (node, children: DiffNode[]): DiffNode => ({
      ...node,
      name: 'l',
      kind: children.length === 0 ? 'kernel' : 'layer',
      baseline: { ...node.baseline, count: 1 },
      children,
    }));
    expect(layersOf({ diff: layers } as unknown as Comparison)).toHaveLength(1);
  }, 60_000);
});
