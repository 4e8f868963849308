import type { SessionKernel } from '../../model/session.js';
import type { SpanDetail } from '../../model/span.js';
import type { AgentSpans } from './protocol.js';

/** Names and details of a recording, which kernels add to. */
export interface NameTables {
  readonly strings: string[];
  readonly details: SpanDetail[];
}

export interface PlacedKernels {
  readonly spans: AgentSpans;
  /** Kernels that ran outside of every graph run: the input pipeline's, in threads of its own. */
  readonly outside: number;
}

/** How far apart the two clocks may be read: a kernel this near to a graph run still belongs to it. */
const SLACK_NANOS = 300_000;

/**
 * Adds the kernels of a traced call as children of the graph run in which they ran, the one that overlaps them most.
 * Kernels that ran side by side share the wall time, so that the call's sum closes.
 *
 * @param kernels in order of start, times on the agent's clock
 * @param kernelKind the agent's code of the kind `kernel`
 */
export function placeKernels(spans: AgentSpans, kernels: readonly SessionKernel[], kernelKind: number, tables: NameTables): PlacedKernels {
  const graphRun = tables.strings.indexOf('graph-run');
  const runs = spans.name.flatMap((name, row) => (name === graphRun ? [row] : []));
  const names = new Names(tables);
  const placed = kernels.flatMap((kernel) => {
    const run = runOf(spans, runs, kernel);
    return run === null ? [] : [{ kernel, run, ...within(spans, run, kernel) }];
  });
  const plus = (column: keyof AgentSpans, value: (one: (typeof placed)[number]) => number): number[] => [
    ...spans[column],
    ...placed.map(value),
  ];
  return {
    outside: kernels.length - placed.length,
    spans: {
      start: plus('start', ({ start }) => start),
      duration: plus('duration', ({ duration }) => duration),
      parent: plus('parent', ({ run }) => run),
      name: plus('name', ({ kernel }) => names.string(kernel.op)),
      stage: plus('stage', ({ run }) => spans.stage[run] as number),
      kind: plus('kind', () => kernelKind),
      detail: plus('detail', ({ kernel }) => names.detail(detailOf(kernel))),
    },
  };
}

const endOf = (spans: AgentSpans, row: number): number => (spans.start[row] as number) + (spans.duration[row] as number);

function runOf(spans: AgentSpans, runs: readonly number[], kernel: SessionKernel): number | null {
  let best: { readonly run: number; readonly overlap: number } | null = null;
  for (const run of runs) {
    const overlap =
      Math.min(endOf(spans, run), kernel.startNanos + kernel.durationNanos) - Math.max(spans.start[run] as number, kernel.startNanos);
    if (overlap > (best?.overlap ?? -SLACK_NANOS)) best = { run, overlap };
  }
  return best?.run ?? null;
}

/** Its share of the wall time, moved into the run where the clocks disagree by some microseconds. */
function within(
  spans: AgentSpans,
  run: number,
  { startNanos, wallNanos }: SessionKernel,
): { readonly start: number; readonly duration: number } {
  const first = spans.start[run] as number;
  const duration = Math.min(Math.round(wallNanos), spans.duration[run] as number);
  return { start: Math.min(Math.max(Math.round(startNanos), first), endOf(spans, run) - duration), duration };
}

function detailOf(kernel: SessionKernel): SpanDetail {
  const shapes =
    kernel.outputShapes.length === 0
      ? {}
      : { outputShapes: kernel.outputShapes, outputDtypes: kernel.outputDtypes, outputBytes: kernel.outputBytes };
  return {
    node: kernel.node,
    ...(kernel.layer === null ? {} : { layer: kernel.layer }),
    ...(kernel.inputShapes.length === 0 ? {} : { inputShapes: kernel.inputShapes }),
    ...shapes,
    ...(kernel.repeat === 1 ? {} : { repeat: kernel.repeat }),
    ...(kernel.flops === null ? {} : { flops: kernel.flops }),
    ...(kernel.bytesMoved === null ? {} : { bytesMoved: kernel.bytesMoved }),
  };
}

/** Appends to the tables what is not there yet. */
class Names {
  readonly #detailIds = new Map<string, number>();

  constructor(private readonly tables: NameTables) {}

  string(text: string): number {
    const found = this.tables.strings.indexOf(text);
    return found >= 0 ? found : this.tables.strings.push(text) - 1;
  }

  detail(detail: SpanDetail): number {
    const key = JSON.stringify(detail);
    let id = this.#detailIds.get(key);
    if (id === undefined) this.#detailIds.set(key, (id = this.tables.details.push(detail) - 1));
    return id;
  }
}
