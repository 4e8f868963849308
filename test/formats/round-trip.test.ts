import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlameNode } from '../../src/model/analysis.js';
import { readForeignProfile } from '../helpers/foreign-profile.js';
import { cpuProfileFile, renderCpuProfile } from '../../src/formats/cpuprofile/write.js';
import { renderChromeTrace, traceEvents } from '../../src/formats/chrome-trace/write.js';
import { foldedName, foldTree, renderDiffFolded } from '../../src/formats/folded/write.js';
import { renderPprof, renderPprofDiff } from '../../src/formats/pprof/write.js';
import { profileType } from '../../src/formats/pprof/schema.js';
import { renderSpeedscope, speedscopeFile } from '../../src/formats/speedscope/write.js';
import { drawLines } from '../helpers/drawn-lines.js';
import { draw, type DrawnSpan } from '../helpers/recordings.js';
import { drawAnalysis, drawDiff, TINY } from '../helpers/drawn-analysis.js';

/** Self times by path: what a tree says, in a form that two trees can be compared by. */
function selfTimes(tree: FlameNode, rename: (name: string) => string = (name) => name): Record<string, number> {
  const sums = new Map<string, number>();
  const go = (node: FlameNode, above: string): void => {
    const here = `${above}/${rename(node.name)}`;
    if (node.selfNanos > 0) sums.set(here, (sums.get(here) ?? 0) + node.selfNanos);
    for (const child of node.children) go(child, here);
  };
  go(tree, '');
  return Object.fromEntries([...sums].sort());
}

const node = (name: string, self: number, children: readonly FlameNode[]): FlameNode => {
  const total = self + children.reduce((sum, child) => sum + child.totalNanos, 0);
  return {
    name,
    kind: 'dispatch',
    stage: 'glue',
    count: 1,
    totalNanos: total,
    selfNanos: self,
    children,
    perCall: { calls: 1, meanTotalNanos: total, standardErrorTotalNanos: 0, meanSelfNanos: self, standardErrorSelfNanos: 0 },
  };
};

const anyName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('MatMul', 'a;b', 'x\ny', ' ', '__proto__', '"</script>', '7'),
);
const treeOf = (depth: number): fc.Arbitrary<FlameNode> =>
  fc
    .tuple(anyName, fc.integer({ min: 1, max: 1e9 }), depth === 0 ? fc.constant([]) : fc.array(treeOf(depth - 1), { maxLength: 3 }))
    .map(([name, self, children]) => node(name, self, children));
const anyTree = treeOf(3);

interface DecodedProfile {
  readonly stringTable: readonly string[];
  readonly sample: readonly { readonly locationId: readonly number[]; readonly value: readonly [number, number] }[];
  readonly location: readonly { readonly line: readonly { readonly functionId: number }[] }[];
  readonly function: readonly { readonly name: number }[];
}

/** V8's own word for a function without a name. */
const nameless = (name: string): string => (name === '' ? '(nameless)' : name);

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('a written format reads back to the same tree', () => {
  it('collapsed stacks', () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const [read] = readForeignProfile('x.nanos.collapsedstack.txt', bytes(foldTree(tree)));
        expect(selfTimes(read!.tree)).toEqual(selfTimes(tree, foldedName));
      }),
      { numRuns: 60 },
    );
  });

  it('speedscope', () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const [read] = readForeignProfile(
          'x.speedscope.json',
          bytes(JSON.stringify(speedscopeFile('x', '1', [{ name: 'v', tree, calls: 1 }]))),
        );
        expect(selfTimes(read!.tree)).toEqual(selfTimes(tree));
      }),
      { numRuns: 60 },
    );
  });

  it('speedscope holds the mean call, not the sum over calls', () => {
    const analysis = drawAnalysis(TINY);
    const { profiles } = JSON.parse(renderSpeedscope(analysis)) as { profiles: { endValue: number }[] };
    expect(profiles.map(({ endValue }) => endValue)).toEqual(
      analysis.variants.map(({ tree, calls }) => expect.closeTo(tree.totalNanos / calls, 3)),
    );
    expect(analysis.variants[0]!.calls).toBeGreaterThan(1);
  });

  it('pprof, decoded by its schema', () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const [variant] = drawAnalysis({ 'a/b': 'x 1' }).variants;
        const profile: DecodedProfile = profileType().toObject(profileType().decode(gunzipSync(renderPprof([{ ...variant!, tree }]))), {
          longs: Number,
          defaults: true,
        }) as unknown as DecodedProfile;
        const names = profile.stringTable;
        expect(names[0]).toBe('');
        const sums = new Map<string, number>();
        for (const sample of profile.sample) {
          const stack = [...sample.locationId]
            .reverse()
            .map((id) => names[profile.function[profile.location[id - 1]!.line[0]!.functionId - 1]!.name]!);
          const key = `/${stack.join('/')}`;
          sums.set(key, (sums.get(key) ?? 0) + sample.value[1]);
        }
        expect(Object.fromEntries([...sums].sort())).toEqual(selfTimes(tree));
      }),
      { numRuns: 60 },
    );
  });

  it('pprof, one profile a variant', () => {
    fc.assert(
      fc.property(anyTree, anyTree, (a, b) => {
        const [first, second] = readForeignProfile(
          'x.pb.gz',
          renderPprof([
            { key: 'a/b', tree: a },
            { key: 'c/d', tree: b },
          ]),
        );
        expect([first!.name, second!.name]).toEqual(['a/b', 'c/d']);
        for (const [read, tree, key] of [
          [first, a, 'a/b'],
          [second, b, 'c/d'],
        ] as const) {
          expect(selfTimes(read!.tree)).toEqual(
            Object.fromEntries(
              Object.entries(selfTimes(tree))
                .map(([path, self]) => [`/${key}${path}`, self])
                .sort(),
            ),
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('a difference, as pprof and as collapsed stacks: both sides, what only one has included', () => {
    fc.assert(
      fc.property(anyTree, anyTree, (a, b) => {
        // Shapes of the two trees differ: below a shared root, each side keeps its own.
        const diff = drawDiff(node('all', 1, [a]), node('all', 2, [b]));
        const wanted = (side: 'baseline' | 'candidate', rename: (name: string) => string) => {
          const sums = new Map<string, number>();
          const go = (at: typeof diff, above: string): void => {
            const here = `${above}/${rename(at.name)}`;
            if (at[side].selfNanosPerCall > 0) sums.set(here, (sums.get(here) ?? 0) + at[side].selfNanosPerCall);
            for (const child of at.children) go(child, here);
          };
          go(diff, '');
          return Object.fromEntries([...sums].sort());
        };
        const plain = (name: string): string => name;
        const [base, other] = readForeignProfile('x.diff.pb.gz', renderPprofDiff({ baseline: 'old', candidate: 'new', diff }));
        for (const [read, side, label] of [
          [base, 'baseline', 'old'],
          [other, 'candidate', 'new'],
        ] as const) {
          expect(read!.name).toBe(label);
          expect(selfTimes(read!.tree)).toEqual(
            Object.fromEntries(
              Object.entries(wanted(side, plain))
                .map(([path, self]) => [`/${label}${path}`, self])
                .sort(),
            ),
          );
        }
        const [before, after] = readForeignProfile('x.nanos-per-call.difffolded.txt', bytes(renderDiffFolded(diff)));
        expect([selfTimes(before!.tree), selfTimes(after!.tree)]).toEqual([
          wanted('baseline', foldedName),
          wanted('candidate', foldedName),
        ]);
      }),
      { numRuns: 40 },
    );
  });

  it('the baseline of a difference in pprof is negative and says so, for go tool pprof', () => {
    const written = gunzipSync(renderPprofDiff({ baseline: 'old', candidate: 'new', diff: drawDiff(node('p', 5, []), node('p', 7, [])) }));
    const { sample, stringTable } = profileType().toObject(profileType().decode(written), { longs: Number, defaults: true }) as unknown as {
      sample: { value: number[]; label: { key: number; str: number }[] }[];
      stringTable: string[];
    };
    expect(
      sample.map(({ value, label }) => [
        value[1],
        label.some(({ key, str }) => stringTable[key] === 'pprof::base' && stringTable[str] === 'true'),
      ]),
    ).toEqual([
      [-5, true],
      [7, false],
    ]);
  });

  it('.cpuprofile, to the nanosecond', () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const [read] = readForeignProfile('x.cpuprofile', bytes(renderCpuProfile(tree)));
        const back = Object.fromEntries(Object.entries(selfTimes(read!.tree, nameless)).map(([path, self]) => [path, Math.round(self)]));
        expect(back).toEqual(
          Object.fromEntries(
            Object.entries(selfTimes(tree, nameless))
              .map(([path, self]) => [`/x.cpuprofile${path}`, self])
              .sort(),
          ),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('.cpuprofile counts a hit a microsecond, for readers that draw hits', () => {
    const { nodes } = cpuProfileFile(node('predict', 1600, [node('MatMul', 7_000_400, [])]));
    expect(nodes.map(({ callFrame, hitCount }) => [callFrame.functionName, hitCount])).toEqual([
      ['(root)', 0],
      ['predict', 2],
      ['MatMul', 7000],
    ]);
  });

  it('Chrome trace, for calls one after the other', () => {
    const recording = drawLines(`
      call glue predict 0..1000
        kernel kernel-execution MatMul 100..400
        kernel kernel-execution Relu 400..433
      call glue predict 2000..2500
        kernel kernel-execution MatMul 2000..2100
    `);
    const [read] = readForeignProfile('x.trace.json', renderChromeTrace([recording]));
    const times = Object.fromEntries(Object.entries(selfTimes(read!.tree)).map(([key, value]) => [key, Math.round(value)]));
    expect(times).toEqual({ '/x.trace.json/predict': 1067, '/x.trace.json/predict/MatMul': 400, '/x.trace.json/predict/Relu': 33 });
  });
});

describe('Chrome trace', () => {
  it('nests on every thread, whatever ran at the same time', () => {
    const anySpans = fc
      .array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 40 }), fc.nat(8)), { minLength: 1, maxLength: 12 })
      .map((list) => {
        const spans: (DrawnSpan & { readonly children: DrawnSpan[] })[] = [];
        const roots: DrawnSpan[] = [];
        for (const [from, length, pick] of list) {
          const above = spans.length > 0 && pick > 3 ? spans[pick % spans.length] : undefined;
          const end = above === undefined ? Infinity : above.start + above.duration;
          const start = above === undefined ? from : Math.max(above.start, Math.min(from, end - 1));
          const span = { name: `s${spans.length}`, start, duration: Math.min(length, end - start), children: [] };
          spans.push(span);
          (above?.children ?? roots).push(span);
        }
        return roots;
      });
    fc.assert(
      fc.property(anySpans, (roots) => {
        const recording = draw({ calls: roots.map((root) => ({ root })) });
        const events = [...traceEvents([recording])] as { ph: string; tid: number; ts: number; dur: number }[];
        const timed = events.filter((event) => event.ph === 'X');
        expect(timed).toHaveLength(recording.spans.length);
        expect(timed.map((e) => e.ts)).toEqual([...timed.map((e) => e.ts)].sort((a, b) => a - b));
        for (const a of timed) {
          for (const b of timed) {
            if (a === b || a.tid !== b.tid) continue;
            const [a1, b1] = [Math.round((a.ts + a.dur) * 1000), Math.round((b.ts + b.dur) * 1000)];
            const [a0, b0] = [Math.round(a.ts * 1000), Math.round(b.ts * 1000)];
            expect(a1 <= b0 || b1 <= a0 || (a0 <= b0 && b1 <= a1) || (b0 <= a0 && a1 <= b1)).toBe(true);
          }
        }
      }),
    );
  });
});

describe('checked by the tools themselves', () => {
  it('speedscope: its published schema accepts the file', () => {
    const schema = JSON.parse(readFileSync('node_modules/speedscope/dist/release/file-format-schema.json', 'utf8')) as object;
    const validate = new Ajv({ strict: false }).compile(schema);
    expect(validate(JSON.parse(renderSpeedscope(drawAnalysis(TINY)))), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ shared: {} })).toBe(false);
  });
});
