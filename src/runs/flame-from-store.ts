import { existsSync } from 'node:fs';
import path from 'node:path';
import { PortionsInFile } from '../telemetry/spans/portions.js';
import { readCalls, type ReadCalls, type ReadCallsOptions } from '../telemetry/stores/read-calls.js';
import type { SpanStore, TimeWindow, TraceQuery } from '../telemetry/stores/store.js';
import type { Analysis } from '../model/analysis.js';
import type { WrittenFile } from '../report/input.js';
import { checkFolder, type ExistingFolder } from './own-folder.js';
import { reportRun } from './analyse-run.js';
import { freeFolder, newRunFolder } from './run-folder.js';

export interface FlameFromStoreOptions extends Omit<ReadCallsOptions, 'portions'> {
  /** Run folder; default a new one under `profiles/`. */
  readonly out?: string;
  readonly existing?: ExistingFolder;
}

export interface FlameFromStoreResult extends Omit<ReadCalls, 'builder'> {
  readonly analysis: Analysis;
  readonly folder: string;
  readonly files: readonly WrittenFile[];
}

/**
 * Builds a run folder, with the reports, flamegraphs and comparison of any other run, from traces in a store of spans.
 * @throws UserError when the store does not answer or has no such calls.
 */
export async function flameFromStore(
  store: SpanStore,
  query: TraceQuery,
  range: TimeWindow,
  options: FlameFromStoreOptions = {},
): Promise<FlameFromStoreResult> {
  if (options.out !== undefined) checkFolder(options.out, options.existing ?? 'refuse');
  const portions = new PortionsInFile(partFileBeside(freeFolder(options.out, query.service)));
  try {
    const { builder, ...counts } = await readCalls(store, query, range, { ...options, portions });
    const folder = newRunFolder(options.out, query.service, options.existing);
    const file = path.join(folder, 'recordings', 'main.isr');
    const { calls, spans, hosts } = counts;
    const read = { kind: `from-${store.kind}`, url: store.address, service: query.service, calls, spans, hosts } as const;
    builder.writeTo(file, { notes: [read] });
    const { analysis, files } = reportRun(folder);
    return { ...counts, analysis, folder, files: [{ format: 'recording', path: file }, ...files] };
  } finally {
    portions.close();
  }
}

/** On the disk that the run will be on: temporary folders may be memory. */
function partFileBeside(folder: string): string {
  let parent = path.dirname(path.resolve(folder));
  while (!existsSync(parent)) parent = path.dirname(parent);
  return path.join(parent, `.inferscope-${process.pid}-${Date.now()}.part`);
}
