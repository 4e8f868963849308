import type { Analysis, Comparison, DiffNode, FlameNode, StageFigure, VariantAnalysis } from '../../src/model/analysis.js';
import type { Findings } from '../../src/model/findings.js';
import type { SpanKind } from '../../src/model/span.js';
import { STAGES, type Stage } from '../../src/model/stage.js';

/** Warm calls that every drawn tree stands for. */
export const CALLS = 100;

interface Line {
  readonly indent: number;
  readonly name: string;
  readonly self: number;
  readonly count: number;
  readonly shapes: readonly string[];
}

/**
 * A call tree drawn as text: one frame a line, nested by indentation, `name self ×count [shape]`, self time in
 * nanoseconds per call. Frames named after a stage are stages, `layer:x` is a layer, other leaves are kernels.
 *
 * ```
 * predict 20
 *   data-adapter 100
 *   kernel-execution 30
 *     layer:dense 5
 *       MatMul 600 ×2 [32,4]
 * ```
 */
export function drawTree(text: string): FlameNode {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(readLine);
  const root = lines[0];
  if (root === undefined) throw new Error('nothing drawn');
  return build(lines, 0, 'glue').node;
}

function readLine(line: string): Line {
  const match = /^(\s*)(.+?)\s+([\d.]+)(?:\s+×(\d+))?(?:\s+(\[.*\]))?\s*$/.exec(line);
  if (match === null) throw new Error(`cannot read the drawn line: ${line}`);
  const [, space = '', name = '', self = '0', count = '1', shapes] = match;
  return { indent: space.length, name, self: Number(self), count: Number(count), shapes: shapes === undefined ? [] : [shapes] };
}

function build(lines: readonly Line[], at: number, above: Stage): { node: FlameNode; next: number } {
  const line = lines[at]!;
  const stage = STAGES.find((known) => known === line.name) ?? above;
  const children: FlameNode[] = [];
  let next = at + 1;
  while (next < lines.length && lines[next]!.indent > line.indent) {
    const child = build(lines, next, stage);
    children.push(child.node);
    next = child.next;
  }
  return { node: makeNode(line, stage, kindOf(line, at, children.length), children), next };
}

function kindOf(line: Line, at: number, children: number): SpanKind {
  if (at === 0) return 'call';
  if (STAGES.some((stage) => stage === line.name)) return 'stage';
  if (line.name.startsWith('layer:')) return 'layer';
  return children > 0 ? 'dispatch' : 'kernel';
}

function makeNode(line: Line, stage: Stage, kind: SpanKind, children: readonly FlameNode[]): FlameNode {
  const total = line.self + children.reduce((sum, child) => sum + child.perCall.meanTotalNanos, 0);
  return {
    name: line.name,
    kind,
    stage,
    count: line.count * CALLS,
    totalNanos: total * CALLS,
    selfNanos: line.self * CALLS,
    perCall: {
      calls: CALLS,
      meanTotalNanos: total,
      standardErrorTotalNanos: total / 100,
      meanSelfNanos: line.self,
      standardErrorSelfNanos: line.self / 100,
    },
    children,
    ...(line.shapes.length > 0 ? { shapes: line.shapes } : {}),
  };
}

/** A comparison of two drawn trees; a frame is significant when its total moved by more than `threshold` (share). */
export function drawDiff(baseline: FlameNode, candidate: FlameNode, threshold = 0.05): DiffNode {
  return mergeNodes(baseline, candidate, threshold);
}

function mergeNodes(a: FlameNode | undefined, b: FlameNode | undefined, threshold: number): DiffNode {
  const some = (a ?? b)!;
  const side = (node: FlameNode | undefined) => ({
    count: (node?.count ?? 0) / CALLS,
    totalNanosPerCall: node?.perCall.meanTotalNanos ?? 0,
    selfNanosPerCall: node?.perCall.meanSelfNanos ?? 0,
  });
  const names = [...new Set([...(a?.children ?? []), ...(b?.children ?? [])].map((child) => child.name))];
  const [before, after] = [side(a), side(b)];
  const shift = after.totalNanosPerCall - before.totalNanosPerCall;
  const larger = Math.max(before.totalNanosPerCall, after.totalNanosPerCall);
  const half = larger * 0.03;
  const own = after.selfNanosPerCall - before.selfNanosPerCall;
  return {
    name: some.name,
    kind: some.kind,
    stage: some.stage,
    baseline: before,
    candidate: after,
    shiftNanos: shift,
    interval: [shift - half, shift + half],
    significant: Math.abs(shift) > larger * threshold,
    selfInterval: [own - half, own + half],
    selfSignificant: Math.abs(own) > larger * threshold,
    children: names.map((name) =>
      mergeNodes(
        a?.children.find((c) => c.name === name),
        b?.children.find((c) => c.name === name),
        threshold,
      ),
    ),
  };
}

/** The same before it is put into words. */
export function drawFindings(trees: Readonly<Record<string, string>>): Findings {
  const { comparisons, ...drawn } = drawAnalysis(trees);
  delete drawn.trust;
  return {
    ...(drawn as Omit<Analysis, 'comparisons' | 'trust'>),
    comparisons: comparisons.map(({ baseline, candidate, ratio, interval, verdict, diff }) => ({
      baseline,
      candidate,
      ratio,
      interval,
      verdict,
      diff,
      rests: { kind: 'rounds', basis: 'paired', confidence: 0.95, remark: null },
    })),
    notes: [],
    evidence: null,
  };
}

/** An analysis of drawn trees, the first of them the baseline. */
export function drawAnalysis(trees: Readonly<Record<string, string>>, over: Partial<Analysis> = {}): Analysis {
  const variants = Object.entries(trees).map(([key, text]) => drawVariant(key, drawTree(text)));
  const [baseline, ...others] = variants;
  return {
    model: {
      name: 'tiny',
      path: '/models/tiny/model.json',
      runtime: 'layers-model',
      sha256: 'ab'.repeat(32),
      parameters: 67,
      nodes: 3,
      inputs: [{ name: 'input_1', dtype: 'float32', shape: [-1, 4] }],
      outputs: [{ name: 'dense_2', dtype: 'float32', shape: [-1, 3] }],
    },
    runtime: 'layers-model',
    environment: {
      inferscope: '0.1.0',
      node: '20.20.2',
      v8: '11.3',
      platform: 'linux',
      arch: 'x64',
      cpu: 'Test CPU',
      cpuCount: 2,
      memoryBytes: 8 * 2 ** 30,
      backend: 'tensorflow',
      tensorflow: '2.15.1',
      packages: { '@tensorflow/tfjs-node': '4.22.0' },
      threads: { intraOp: null, interOp: 1 },
      flags: { TF_NUM_INTRAOP_THREADS: '1' },
      hostHash: 'h',
    },
    inputSignature: 'float32[32,4]',
    batch: 32,
    confidence: 0.95,
    peak: null,
    variants,
    comparisons: baseline === undefined ? [] : others.map((other) => compareDrawn(baseline, other)),
    signatures: [
      {
        variant: 'uncompiled/predict',
        signature: 'float32[32,4]',
        hits: 99,
        misses: 1,
        firstCallNanos: 2e7,
        warmNanos: 800,
        payBackCalls: null,
      },
    ],
    padding: [
      {
        variant: 'graph/predict',
        pattern: 'float32[?,4]',
        sizes: [
          { batch: 31, calls: 5 },
          { batch: 32, calls: 100 },
        ],
        buckets: [32],
        nowNanos: 5e7,
        paddedNanos: 2e7,
      },
    ],
    spans: { recorded: 2200, accepted: null, lost: 0 },
    advice: [],
    notes: [],
    ...over,
  };
}

function drawVariant(key: string, tree: FlameNode): VariantAnalysis {
  const mean = tree.perCall.meanTotalNanos;
  const stageNanos = new Map<Stage, number>();
  const kernels = new Map<string, { count: number; nanosPerCall: number; shapes: Set<string> }>();
  visit(tree, (node) => {
    stageNanos.set(node.stage, (stageNanos.get(node.stage) ?? 0) + node.perCall.meanSelfNanos);
    if (node.kind !== 'kernel' || node.stage !== 'kernel-execution') return;
    const kernel = kernels.get(node.name) ?? { count: 0, nanosPerCall: 0, shapes: new Set<string>() };
    for (const shape of node.shapes ?? []) kernel.shapes.add(shape);
    kernels.set(node.name, {
      ...kernel,
      count: kernel.count + node.count / CALLS,
      nanosPerCall: kernel.nanosPerCall + node.perCall.meanSelfNanos,
    });
  });
  const stages = Object.fromEntries(
    STAGES.map((stage) => [stage, { nanosPerCall: stageNanos.get(stage) ?? 0, share: (stageNanos.get(stage) ?? 0) / mean }]),
  ) as Record<Stage, StageFigure>;
  const [name = key, call = 'predict'] = key.split('/');
  return {
    key,
    name,
    call,
    calls: CALLS,
    stages,
    tree,
    errors: 0,
    sampling: null,
    work: [],
    loops: [],
    latencyNanos: { min: mean * 0.9, p50: mean * 0.98, p90: mean * 1.2, p99: null, mean, max: mean * 2, spread: mean * 0.04 },
    kernels: [...kernels].map(([op, k]) => ({
      op,
      count: k.count,
      nanosPerCall: k.nanosPerCall,
      share: k.nanosPerCall / mean,
      nativeNanosPerCall: null,
      shapes: [...k.shapes],
      layers: [],
      fused: [],
    })),
    cold: [{ temperature: 'cold-session', signature: 'float32[32,4]', latencyNanos: mean * 25, stages, causes: ['first-trace'] }],
    timeline: Array.from({ length: CALLS + 1 }, (_, i) => ({
      startNanos: i * mean,
      latencyNanos: i === 0 ? mean * 25 : mean * (0.9 + ((i * 7919) % 100) / 400),
      temperature: i === 0 ? 'cold-session' : 'warm',
      traced: false,
      gcNanos: i % 40 === 39 ? 1000 : 0,
    })),
  };
}

function compareDrawn(baseline: VariantAnalysis, candidate: VariantAnalysis): Comparison {
  const ratio = candidate.latencyNanos.p50 / baseline.latencyNanos.p50;
  const verdict = ratio < 0.97 ? 'faster' : ratio > 1.03 ? 'slower' : 'no-difference';
  return {
    baseline: baseline.key,
    candidate: candidate.key,
    ratio,
    interval: [ratio * 0.97, ratio * 1.03],
    verdict,
    sentence: `${candidate.key} is ${verdict}.`,
    diff: drawDiff(baseline.tree, candidate.tree),
  };
}

export function visit(node: FlameNode, each: (node: FlameNode) => void): void {
  each(node);
  for (const child of node.children) visit(child, each);
}

/** The tiny model of most tests: operation by operation against one session run. */
export const TINY = {
  'uncompiled/predict': `
predict 90000
  data-adapter 42000
  graph-building 21000
  kernel-execution 38000
    layer:dense_1 31000
      _FusedMatMul 22000 [32,4] × [4,5]
        MatMul 61000 [32,5]
        BiasAdd 24000 [32,5]
        Relu 20000 [32,5]
    layer:dense_2 12000
      Softmax 47000 ×2 [32,3]
  fetch 26000
`,
  'graph/predict': `
predict 12000
  data-adapter 41000
  kernel-execution 15000
    layer:dense_1 2000
      _MklNativeFusedMatMul 30000 [32,5]
    layer:dense_2 1000
      Softmax 20000 [32,3]
  fetch 25500
`,
};
