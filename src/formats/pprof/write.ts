import { gzipSync } from 'node:zlib';
import type { DiffNode, FlameNode, VariantAnalysis } from '../../model/analysis.js';
import { Interned } from '../../model/interned.js';
import { preOrder } from '../../model/pre-order.js';
import type { SampledFunction, TakenSamples } from '../taken-samples.js';
import { tooDeep } from '../too-deep.js';
import { profileType } from './schema.js';

interface Sample {
  readonly locationId: readonly number[];
  readonly value: readonly number[];
  readonly label: readonly { readonly key: number; readonly str: number }[];
}

/**
 * pprof (`.pb.gz`) of all warm calls of all variants: executions and self wall nanoseconds, leaf first, with the
 * labels `stage` and `variant` (`go tool pprof -tagfocus=variant=graph/predict`).
 */
export function renderPprof(variants: readonly Pick<VariantAnalysis, 'key' | 'tree'>[]): Uint8Array {
  const writer = new ProfileWriter('executions');
  for (const { key, tree } of variants) {
    walk(
      tree,
      ({ selfNanos }) => selfNanos > 0,
      (node, path) => writer.add(path, [node.count, node.selfNanos], { stage: node.stage, variant: key }),
    );
  }
  return writer.finish(variants.reduce((sum, { tree }) => sum + tree.totalNanos, 0));
}

/**
 * pprof of a difference, nanoseconds per call: samples of the baseline are negative and labelled
 * `pprof::base=true`, as `go tool pprof -diff_base` itself would make them.
 */
export function renderPprofDiff({
  baseline,
  candidate,
  diff,
}: {
  readonly baseline: string;
  readonly candidate: string;
  readonly diff: DiffNode;
}): Uint8Array {
  const writer = new ProfileWriter('executions');
  const moves = (node: DiffNode): boolean => node.baseline.selfNanosPerCall > 0 || node.candidate.selfNanosPerCall > 0;
  walk(diff, moves, (node, path) => {
    const { stage } = node;
    if (node.baseline.selfNanosPerCall > 0)
      writer.add(path, [-node.baseline.count, -node.baseline.selfNanosPerCall], { 'pprof::base': 'true', stage, variant: baseline });
    if (node.candidate.selfNanosPerCall > 0)
      writer.add(path, [node.candidate.count, node.candidate.selfNanosPerCall], { stage, variant: candidate });
  });
  return writer.finish(diff.candidate.totalNanosPerCall);
}

/** pprof (gzip) of samples: `samples/count` and `wall/nanoseconds`, as Grafana's SDK for Node.js names them. */
export function renderSamplesAsPprof({ samples, periodNanos, timeNanos, durationNanos }: TakenSamples): Uint8Array {
  const writer = new ProfileWriter('samples');
  for (const { stack, count, nanos, labels } of samples) writer.add(stack, [count, nanos], labels);
  return writer.finish(durationNanos, { timeNanos, period: periodNanos });
}

/** Strings, functions and locations, each once. Index 0 of the string table is the empty string; ids start at 1. */
class ProfileWriter {
  readonly #strings = new Interned<string>((text) => text, '');
  readonly #functions = new Interned<SampledFunction>(({ name, file, line }) => `${name}\n${file}:${line}`);
  readonly #samples: Sample[] = [];

  constructor(private readonly counted: 'executions' | 'samples') {}

  add(
    path: readonly (string | SampledFunction)[],
    [count, nanos]: readonly [number, number],
    labels: Readonly<Record<string, string>>,
  ): void {
    this.#samples.push({
      locationId: path.map((frame) => this.#function(frame)).reverse(),
      value: [Math.round(count), Math.round(nanos)],
      label: Object.entries(labels).map(([key, value]) => ({ key: this.#string(key), str: this.#string(value) })),
    });
  }

  finish(durationNanos: number, { timeNanos = 0, period = 1 } = {}): Uint8Array {
    const wall = { type: this.#string('wall'), unit: this.#string('nanoseconds') };
    const counted = { type: this.#string(this.counted), unit: this.#string('count') };
    const functions = this.#functions.values.map((frame, number) => ({ id: number + 1, ...frame }));
    const message = {
      sampleType: [counted, wall],
      defaultSampleType: wall.type,
      sample: this.#samples,
      location: functions.map(({ id, line }) => ({ id, line: [{ functionId: id, line }] })),
      function: functions.map(({ id, name, file, line }) => ({
        id,
        name: this.#string(name),
        systemName: this.#string(name),
        filename: this.#string(file),
        startLine: line,
      })),
      timeNanos: Math.round(timeNanos),
      durationNanos: Math.round(durationNanos),
      periodType: wall,
      period,
      stringTable: this.#strings.values,
    };
    return gzipSync(profileType().encode(message).finish());
  }

  #string(text: string): number {
    return this.#strings.add(text);
  }

  #function(frame: string | SampledFunction): number {
    return this.#functions.add(typeof frame === 'string' ? { name: frame, file: '', line: 0 } : frame) + 1;
  }
}

/**
 * Locations of all samples together: above it the profile would fill the memory, as a tree of great depth with own time everywhere
 * does.
 */
const MAX_LOCATIONS = 20_000_000;

/** @throws UserError where the ways to all the frames that are samples would be too much */
function walk<Node extends FlameNode | DiffNode>(
  root: Node,
  isSample: (node: Node) => boolean,
  each: (node: Node, path: readonly string[]) => void,
): void {
  const { nodes, parent } = preOrder<Node>(root, ({ children }) => children as readonly Node[]);
  let locations = 0;
  nodes.forEach((node, row) => {
    if (!isSample(node)) return;
    const path: string[] = [];
    for (let at = row; at >= 0; at = parent[at] ?? -1) path.push(nodes[at]?.name ?? '');
    locations += path.length;
    if (locations > MAX_LOCATIONS) throw tooDeep('pprof');
    each(node, path.reverse());
  });
}
