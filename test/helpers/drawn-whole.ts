import { loadFigures } from '../../src/analyse/load.js';
import type { Analysis, VariantAnalysis } from '../../src/model/analysis.js';
import type { CpuFigure, CpuTimes } from '../../src/model/cpu.js';
import { rooflineOf } from '../../src/model/roofline.js';
import type { ReportExtras } from '../../src/report/input.js';
import { drawAnalysis, TINY } from './drawn-analysis.js';

const MIB = 2 ** 20;
const PEAK = { flopsPerSecond: 52.1e9, bytesPerSecond: 11.04e9 };

/** A run with something to say under each topic: the tiny model, with controls, leaks, loops, passes, shapes and a peak. */
export function drawWhole(over: Partial<Analysis> = {}): Analysis {
  const drawn = drawAnalysis({ ...TINY, 'graph-xla/predict': TINY['graph/predict'].replaceAll('30000', '27100') });
  return {
    ...drawn,
    variants: drawn.variants.map(withEverything),
    comparisons: drawn.comparisons.map((comparison, i) =>
      i === 0 ? comparison : { ...comparison, verdict: 'cannot-tell', withheld: 'the A/A control differed by 7.13 %' },
    ),
    peak: PEAK,
    passes: [
      { name: 'constant_folding', runs: 2, nanos: 4.126e6, nodeChange: -13, nodesAfter: 1204 },
      { name: 'remapper', runs: 1, nanos: 871e3, nodeChange: 0, nodesAfter: 1204 },
    ],
    loads: loadFigures([
      {
        variant: 'uncompiled/predict',
        arrivals: { kind: 'poisson', perSecond: 50 },
        lastedNanos: 10e9,
        requests: Array.from({ length: 400 }, (_, at) => [at * 25e6, 31e6 * (at % 7), 13e6]),
        unserved: 0,
        together: [1, 2, 4].map((requests) => ({ requests, nanos: 11e6 + 2e6 * requests })),
      },
      {
        variant: 'graph/predict',
        arrivals: { kind: 'constant', perSecond: 90 },
        lastedNanos: 10e9,
        requests: Array.from({ length: 500 }, (_, at) => [at * 11e6, at * 9e6, 20e6]),
        unserved: 400,
        together: [1, 2, 4].map((requests) => ({ requests, nanos: 20e6 * requests })),
      },
      {
        variant: 'graph/predict',
        arrivals: { kind: 'closed', callers: 8 },
        lastedNanos: 10e9,
        requests: Array.from({ length: 500 }, (_, at) => [at * 20e6, 140e6, 20e6]),
        unserved: 0,
      },
      {
        variant: 'graph/predict',
        arrivals: { kind: 'closed', callers: 1 },
        lastedNanos: 0,
        requests: [],
        unserved: 3,
        failure: 'no memory.',
      },
    ]),
    memory: {
      madeBy: 'inferscope',
      calls: 3000,
      looks: 248,
      highestRssBytes: 412.6 * MIB,
      peak: { bytes: 488.1 * MIB, calls: 1 },
      owners: [
        { owner: 'tensors', fromBytes: 928, toBytes: 928, growth: { kind: 'none', bytesPerCall: 0, interval: [0, 0] } },
        { owner: 'v8-heap', fromBytes: 44.1 * MIB, toBytes: 36.7 * MIB, growth: { kind: 'unknown', why: 'few-collections' } },
        {
          owner: 'array-buffers',
          fromBytes: 20.9 * MIB,
          toBytes: 99.8 * MIB,
          growth: { kind: 'grows', bytesPerCall: 32_795, interval: [32_388, 33_250] },
        },
        {
          owner: 'native',
          fromBytes: 278.4 * MIB,
          toBytes: 272.8 * MIB,
          growth: { kind: 'none', bytesPerCall: -3081, interval: [-3942, 2085] },
        },
      ],
    },
    signatureGroups: [
      {
        variant: 'uncompiled/predict',
        pattern: 'float32[?,4]',
        signatures: 40,
        calls: 1340,
        built: 2,
        signaturesBuilt: 2,
        warmNanos: 812_345,
      },
    ],
    advice: [
      { id: 'x', sentence: 'Use `graph`.', evidence: 'Measured.', saving: { share: 0.413, interval: [0.3, 0.5] }, verified: true },
      { id: 'y', sentence: 'Call it first.', evidence: 'The first call took 9.99 ms.', saving: null, verified: false },
    ],
    trust: {
      grade: 'passed',
      sentence: 'Differences below 6.13 % are within noise.',
      withheld: null,
      withheldBelow: null,
      overhead: { variant: 'uncompiled/predict', ratio: 1.0213, interval: [1.0108, 1.0333] },
      again: { variant: 'uncompiled/predict', ratio: 1.0042, interval: [0.9871, 1.0311], verdict: 'no-difference' },
      falseAlarms: { trials: 12, alarms: 1, rate: 1 / 12, largest: 0.04, interval: [0.002, 0.3] },
      clockResolutionNanos: 41,
      conditions: {
        samples: 1040,
        cpuCount: { start: 2, end: 2 },
        cpuMhz: { low: 2445.4, high: 3201.2 },
        probeNanos: { low: 27_100, median: 28_350, high: 91_600 },
        load: { start: 0.84, end: 12.37 },
        throttledNanos: 3.2e9,
        preemptions: 4286,
        memory: { limitBytes: 8 * 2 ** 30, lowestAvailableBytes: 1234.5 * MIB, majorFaults: 9, stalledNanos: null },
      },
      warnings: ['The machine was busy: load 0.84 at the start.'],
      skipped: ['Padding: one shape.'],
    },
    spans: { recorded: 188_053, accepted: 188_000, lost: 53 },
    notes: ['Made-up inputs: x (normal random numbers).'],
    ...over,
  };
}

const times = (nanos: number): CpuTimes => ({ nanos, systemNanos: nanos / 8 });
const CPU: readonly CpuFigure[] = [
  {
    calls: 130,
    stretches: 13,
    wallNanosPerCall: 71_300,
    perCall: times(101_200),
    groups: { javascript: times(58_700), native: times(39_400), other: times(3100) },
    busyCores: 1.376,
    threads: 2,
    efficiency: 0.688,
    waitShare: 0.0213,
    limit: { cores: 1.5, throttledShare: 0.123 },
  },
  {
    calls: 40,
    stretches: 4,
    wallNanosPerCall: 91_300,
    perCall: times(61_200),
    groups: { javascript: times(61_200), native: times(0), other: times(0) },
    busyCores: null,
    threads: 1,
    efficiency: null,
    waitShare: 0.613,
    limit: { cores: 1.5, throttledShare: 0 },
  },
  {
    calls: 50,
    stretches: 5,
    wallNanosPerCall: 82_400,
    perCall: times(71_900),
    groups: null,
    busyCores: 0.873,
    threads: null,
    efficiency: null,
    waitShare: null,
    limit: null,
  },
];

function withEverything(variant: VariantAnalysis, at: number): VariantAnalysis {
  const work = { flops: 81_920, bytes: 9216, nanos: 61_000 };
  const { flops, bytes, nanos } = work;
  return {
    ...variant,
    errors: at,
    cpu: CPU[at % CPU.length]!,
    latencyNanos: { ...variant.latencyNanos, p99: variant.latencyNanos.mean * 1.7 },
    kernels: variant.kernels.map((kernel) => ({ ...kernel, nativeNanosPerCall: kernel.nanosPerCall * 0.8, fused: ['Relu'] })),
    loops: at === 0 ? [{ op: 'MatMul', node: 'while/body/MatMul', layer: 'lstm', iterationNanos: [12_345, 23_456, 18_900] }] : [],
    work: [
      {
        op: 'MatMul',
        layer: 'dense_1',
        count: 2,
        shapes: [],
        nanosPerCall: nanos,
        flopsPerCall: flops,
        bytesPerCall: bytes,
        roofline: rooflineOf(work, PEAK),
      },
    ],
    timeline: variant.timeline.map((point, call) => ({
      ...point,
      tensors: at === 0 ? 1 : 0,
      tensorBytes: at === 0 ? 1234 : 0,
      ...(call % 50 === 3
        ? { memory: { rssBytes: (200 + call + at) * MIB, heapUsedBytes: 20.4 * MIB, externalBytes: (5 + at) * MIB } }
        : {}),
    })),
  };
}

/** The same, of a program with two models: nothing is compared between them, and tensors leak. */
export function drawTwoModels(): Analysis {
  const whole = drawWhole();
  const [small, large] = whole.variants;
  if (small === undefined || large === undefined) throw new Error('drawWhole has several variants');
  return {
    ...whole,
    variants: [
      { ...small, key: 'small/predict', name: 'small', model: 'a' },
      { ...large, key: 'large/predict', name: 'large', model: 'b' },
    ],
    comparisons: [],
    signatures: [],
    signatureGroups: [],
    padding: [],
    models: [
      { id: 'a', name: 'small', runtime: 'layers-model', parameters: 1_234_567, loads: 1, calls: 101 },
      { id: 'b', name: 'large', runtime: 'graph-model', parameters: null, loads: 30, calls: 101 },
    ],
  };
}

export const EXTRAS: ReportExtras = {
  tool: { insideNanos: 41, outsideNanos: 1052, clockResolutionNanos: 40 },
  links: [{ label: 'report.json', href: 'report.json' }],
};
