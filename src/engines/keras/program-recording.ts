import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { CallRecord, Environment, GcPause, RecordingMeta } from '../../model/recording.js';
import type { SpanColumns, SpanDetail } from '../../model/span.js';
import { kerasEnvironment } from './environment.js';
import type { AgentCall } from './protocol.js';
import { AgentAssembler } from './recording-from-agent.js';
import type { AgentRows } from './agent-rows.js';
import { parseAgentRecord } from './schema.js';
import { callRecord, gcPauses } from './call-record.js';

/** A piece of a program's recording, in the order the calls were made. */
export interface ProgramBatch {
  readonly meta: RecordingMeta;
  /** All names and details so far. */
  readonly strings: readonly string[];
  readonly details: readonly SpanDetail[];
  readonly spans: SpanColumns;
  readonly firstRow: number;
  readonly calls: readonly CallRecord[];
  readonly gc: readonly GcPause[];
  readonly lostSpans: number;
  /** True in the last batch of a program that ended by itself. */
  readonly complete: boolean;
}

/** Spans held at a time: a server may have written gigabytes. */
const BATCH_ROWS = 100_000;

/**
 * Reads what inferscope_agent/program wrote, piece by piece. A last line that was cut off (the process was killed) is left out.
 *
 * @throws Error for a line that is no record, which is a defect of ours.
 */
export function* readProgramRecords(file: string, env: NodeJS.ProcessEnv = process.env): Generator<ProgramBatch> {
  const program = new ProgramReader(env);
  for (const line of wholeLines(file)) {
    const record = parseAgentRecord(line);
    if (record.type === 'call') program.call(record);
    else program.header.take(record);
    if (program.pendingRows >= BATCH_ROWS) yield program.batch(false);
  }
  if (program.calls > 0) yield program.batch(program.header.ended);
}

/** The lines of a file that may not fit into memory; a last one without its end is no whole line. */
function* wholeLines(file: string): Generator<string> {
  const descriptor = openSync(file, 'r');
  try {
    const decoder = new StringDecoder('utf8');
    const buffer = Buffer.alloc(1 << 20);
    let rest = '';
    for (let bytes = readSync(descriptor, buffer); bytes > 0; bytes = readSync(descriptor, buffer)) {
      const lines = (rest + decoder.write(buffer.subarray(0, bytes))).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    closeSync(descriptor);
  }
}

class ProgramReader {
  readonly header = new AgentAssembler();
  calls = 0;
  #pending: { readonly rows: AgentRows; readonly calls: CallRecord[]; readonly gc: GcPause[] } | undefined;
  #rowsGiven = 0;

  constructor(private readonly env: NodeJS.ProcessEnv) {}

  get pendingRows(): number {
    return this.#pending?.rows.length ?? 0;
  }

  call(call: AgentCall): void {
    if (call.variant >= this.header.announced.length)
      throw new Error(`the Keras agent sent a call of the variant ${call.variant}, which it has not announced`);
    this.#pending ??= this.#nothing();
    // Another thread's call ran at the same time: only its latency is known.
    const root = call.spans === undefined ? -1 : this.#pending.rows.append(this.calls, call.spans);
    this.calls++;
    this.#pending.calls.push(callRecord(call, call.variant, root));
    this.#pending.gc.push(...gcPauses(call));
  }

  batch(complete: boolean): ProgramBatch {
    const { rows, calls, gc } = this.#pending ?? this.#nothing();
    const firstRow = this.#rowsGiven;
    this.#rowsGiven += rows.length;
    this.#pending = undefined;
    const { strings, details } = this.header;
    return { meta: this.#meta(), strings, details, spans: rows.columns({ strings, details }), firstRow, calls, gc, lostSpans: 0, complete };
  }

  #nothing() {
    return { rows: this.header.rows(this.#rowsGiven), calls: [], gc: [] };
  }

  #meta(): RecordingMeta {
    const environment = (versions: Parameters<typeof kerasEnvironment>[0], missing: readonly string[]): Environment =>
      kerasEnvironment(versions, missing, this.env);
    return this.header.meta({ path: null, sha256: null, seed: 0, environment }, this.header.announced);
  }
}
