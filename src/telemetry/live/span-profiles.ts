import path from 'node:path';
import { diag, trace } from '@opentelemetry/api';
import type { Context, Span } from '@opentelemetry/api';
import type { TakenSamples } from '../../formats/taken-samples.js';
import { messageOf } from '../../model/errors.js';
import { once } from '../../model/once.js';
import { PROGRAM } from '../../model/variant.js';
import type { CallActivity } from '../../record/call-activity.js';
import { originEpochNanos } from '../../record/clock.js';
import type { ProfileDestination, ProfiledService } from '../profiles/destination.js';
import { labelledSamples } from '../profiles/labelled-samples.js';
import { profileFilesIn } from '../profiles/profile-files.js';
import { pyroscopeDestination } from '../profiles/pyroscope.js';
import { ThreadProfiler, type ProfileChunk } from '../profiles/thread-profiler.js';
import type { ProfileTarget } from './config.js';
import { withoutKeepingAlive } from './keep-alive.js';

/** A hundred samples a second, as Grafana's SDKs take. */
const INTERVAL_MICROS = 10_000;
const CHUNK_MILLIS = 10_000;

type Labels = Readonly<Record<string, string>>;

/**
 * Profiles of a program whose samples say in which call's span they were taken: `span_id` and `trace_id`, as Pyroscope reads them.
 * What cannot be sent is told once and dropped.
 */
export class SpanProfiles {
  readonly #profiler: ThreadProfiler;
  readonly #destination: ProfileDestination;
  #resource: ProfiledService['attributes'] | undefined;
  readonly #sending = new Set<Promise<void>>();
  #told = false;

  /** @throws UserError for an address that is none */
  constructor(target: ProfileTarget) {
    this.#destination = destinationOf(target);
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
    this.#resource ??= resourceOf(root);
    const { spanId, traceId } = root.spanContext();
    const around = trace.getSpanContext(parent)?.spanId;
    return {
      span_id: spanId,
      trace_id: traceId,
      span_name: name,
      ...(this.#destination.labels === 'any' && around !== undefined ? { parent_span_id: around } : {}),
    };
  }

  /** What is in memory can still be written then; nothing can be sent. */
  readonly #atExit = (): void => this.#profiler.stop();

  #hand(chunk: ProfileChunk): void {
    const samples = labelledSamples(chunk, originEpochNanos(), ({ start }) => start.labels ?? {});
    if (samples !== null) this.#send(samples);
  }

  #send(samples: TakenSamples): void {
    const attributes = this.#resource ?? {};
    const named = attributes['service.name'];
    const name =
      typeof named === 'string' && !named.startsWith('unknown_service')
        ? named
        : (process.env['OTEL_SERVICE_NAME'] ?? path.basename(process.argv[1] ?? PROGRAM));
    const sending = withoutKeepingAlive(() => this.#destination.send(samples, { name, attributes })).then((problem) => {
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

/** @throws UserError for an address that is none */
function destinationOf(target: ProfileTarget): ProfileDestination {
  if (target === 'pyroscope') return pyroscopeDestination();
  return target === 'otlp' ? COLLECTOR : profileFilesIn(target.folder);
}

/** Made when the first profile is sent: a program that sends none need not load an exporter of OTLP. */
const COLLECTOR: ProfileDestination = {
  labels: 'any',
  async send(samples, service) {
    try {
      return await (await collector()).send(samples, service);
    } catch (thrown) {
      return messageOf(thrown);
    }
  },
};
const collector = once(async () => (await import('../profiles/otlp.js')).otlpDestination());

/** The resource of the program's own SDK, where it has one. */
const resourceOf = (root: Span): ProfiledService['attributes'] =>
  (root as { readonly resource?: { readonly attributes?: ProfiledService['attributes'] } }).resource?.attributes ?? {};
