import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { diag, trace } from '@opentelemetry/api';
import type { Context, Span } from '@opentelemetry/api';
import { PROGRAM } from '../../model/variant.js';
import type { CallActivity } from '../../record/call-activity.js';
import { labelledPprof, type LabelledPprof } from '../profiles/labelled-pprof.js';
import { pushToPyroscope, pyroscopeFromEnvironment, type PyroscopeServer } from '../profiles/pyroscope.js';
import { ThreadProfiler, type ProfileChunk } from '../profiles/thread-profiler.js';
import type { ProfileTarget } from './config.js';
import { withoutKeepingAlive } from './keep-alive.js';

/** A hundred samples a second, as Grafana's SDKs take. */
const INTERVAL_MICROS = 10_000;
const CHUNK_MILLIS = 10_000;

type Labels = Readonly<Record<string, string>>;

/**
 * Profiles of a program whose samples say in which call's span they were taken: `span_id` and `trace_id`, as Pyroscope reads them.
 * They go to a Pyroscope or, as pprof, to a folder; what cannot be sent is told once and dropped.
 */
export class SpanProfiles {
  readonly #profiler: ThreadProfiler;
  readonly #server: PyroscopeServer | undefined;
  #service: string | undefined;
  #chunks = 0;
  readonly #sending = new Set<Promise<void>>();
  #told = false;

  /** @throws UserError for an address of Pyroscope that is none */
  constructor(private readonly target: ProfileTarget) {
    this.#server = target === 'pyroscope' ? pyroscopeFromEnvironment() : undefined;
    this.#profiler = new ThreadProfiler({
      intervalMicros: INTERVAL_MICROS,
      chunkMillis: CHUNK_MILLIS,
      onChunk: (chunk) => this.#hand(chunk),
      tell: (sentence) => this.#tell(sentence),
    });
  }

  get activity(): CallActivity {
    return this.#profiler.activity;
  }

  start(): void {
    if (this.#profiler.running) return;
    this.#profiler.start();
    process.once('exit', this.#atExit);
  }

  /** Ends the profiles, and waits until they have been sent. */
  async stop(): Promise<void> {
    process.off('exit', this.#atExit);
    this.#profiler.stop();
    await Promise.all(this.#sending);
  }

  /** The labels of samples in a call; undefined while nothing is sampled. */
  labelsOf(root: Span, name: string, parent: Context): Labels | undefined {
    if (!this.#profiler.running) return undefined;
    this.#service ??= serviceOf(root);
    const { spanId, traceId } = root.spanContext();
    const around = trace.getSpanContext(parent)?.spanId;
    return {
      span_id: spanId,
      trace_id: traceId,
      span_name: name,
      // Of a label that it does not know, Pyroscope makes a series for each value.
      ...(this.#server === undefined && around !== undefined ? { parent_span_id: around } : {}),
    };
  }

  /** What is in memory can still be written then; nothing can be sent. */
  readonly #atExit = (): void => this.#profiler.stop();

  #hand(chunk: ProfileChunk): void {
    const pprof = labelledPprof(chunk, ({ start }) => start.labels ?? {});
    if (pprof === null) return;
    if (this.#server !== undefined) this.#send(this.#server, pprof);
    else if (this.target !== 'pyroscope') {
      mkdirSync(this.target.folder, { recursive: true });
      writeFileSync(path.join(this.target.folder, `${process.pid}-${threadId}-${++this.#chunks}.pb.gz`), pprof.bytes);
    }
  }

  #send(server: PyroscopeServer, pprof: LabelledPprof): void {
    const name = server.application ?? this.#service ?? process.env['OTEL_SERVICE_NAME'] ?? path.basename(process.argv[1] ?? PROGRAM);
    const sending = withoutKeepingAlive(() => pushToPyroscope(server, name, pprof)).then((problem) => {
      if (problem !== undefined) this.#tell(`a profile is not sent: ${problem}.`);
      this.#sending.delete(sending);
    });
    this.#sending.add(sending);
  }

  /** Once on standard error, and to whoever has a logger. */
  #tell(sentence: string): void {
    diag.warn(`inferscope: ${sentence}`);
    if (!this.#told) process.stderr.write(`inferscope: ${sentence}\n`);
    this.#told = true;
  }
}

/** The service's name in the resource of the program's own SDK; undefined where it was not given one. */
function serviceOf(root: Span): string | undefined {
  const { resource } = root as { readonly resource?: { readonly attributes?: Readonly<Record<string, unknown>> } };
  const name = resource?.attributes?.['service.name'];
  return typeof name === 'string' && !name.startsWith('unknown_service') ? name : undefined;
}
