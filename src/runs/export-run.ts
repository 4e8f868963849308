import path from 'node:path';
import { statSync } from 'node:fs';
import { EXIT, UserError } from '../model/errors.js';
import type { Recording } from '../model/recording.js';
import { writeOtlpJsonLines } from '../telemetry/otlp/json-lines.js';
import { exportSpans } from '../telemetry/otlp/exporter.js';
import type { ExportResult } from '../telemetry/otlp/exporter.js';
import { namedEndpoint } from '../telemetry/otlp/named-endpoint.js';
import { checkStandardVariables } from '../telemetry/otlp/check-environment.js';
import { openJournal } from '../telemetry/otlp/journal.js';
import { DEFAULT_RETRY } from '../telemetry/otlp/retry.js';
import type { RetryPolicy } from '../telemetry/otlp/retry.js';
import { transportFromEnvironment } from '../telemetry/otlp/transport.js';
import { jaegerAddress } from '../telemetry/jaeger/query.js';
import { jaegerStatus } from '../telemetry/jaeger/server.js';
import { recordingKey } from '../telemetry/spans/ids.js';
import { spansFromRecording } from '../telemetry/spans/spans-from-recording.js';
import { linkReportToJaeger } from './link-report.js';
import { readRun } from './run-folder.js';

/** Where a run's spans can go. */
export const SPAN_TARGETS = ['otlp', 'jaeger', 'otlp-json'] as const;
export type SpanTarget = (typeof SPAN_TARGETS)[number];

export const isSpanTarget = (name: string): name is SpanTarget => SPAN_TARGETS.some((target) => target === name);

export interface ExportRunOptions {
  readonly to: SpanTarget;
  /** OTLP address; default the standard variables, or the Jaeger that `inferscope jaeger up` started. */
  readonly endpoint?: string;
  /** Where Jaeger is looked at, for the link to a trace; default the one that `inferscope jaeger up` started. */
  readonly jaegerUrl?: string;
  /** Sends only what an earlier export did not settle. */
  readonly resume?: boolean;
  /** Given up for now when the server has been busy or away for this long; default a minute, and at once where none was ever there. */
  readonly patienceMillis?: number;
  /** Aborted: what has not been sent stays for `resume`. */
  readonly signal?: AbortSignal;
  /** Folder for OTLP/JSON files; default the run folder. */
  readonly out?: string;
  readonly onProgress?: (settledSpans: number) => void;
}

/** Spans of a whole run. `recorded` = `accepted` + `lost` + `spooled`. */
export interface ExportRunResult extends Omit<ExportResult, 'endpoint'> {
  /** Address spans were sent to, null when they were written to files. */
  readonly endpoint: string | null;
  readonly files: readonly string[];
  /** Address of the first exported trace in Jaeger; null elsewhere, and where Jaeger's own address is not known. */
  readonly traceUrl: string | null;
  readonly firstTraceId: string | null;
}

/**
 * Exports the spans of a run folder or recording. The run folder keeps a journal of what was answered, so an export that
 * was cut off can be resumed. @throws UserError when it cannot be read, or the settings are wrong.
 */
export async function exportRun(run: string, options: ExportRunOptions): Promise<ExportRunResult> {
  const recordings = readRun(run);
  const folder = statSync(run).isFile() ? path.dirname(run) : run;
  checkStandardVariables();
  if (options.to === 'otlp-json') return await exportToFiles(recordings, options.out ?? folder);
  if (/^true$/i.test(process.env['OTEL_SDK_DISABLED'] ?? '')) {
    throw new UserError('OTEL_SDK_DISABLED is set, so nothing is sent: unset it, or write files with --to otlp-json.', EXIT.config);
  }
  return await exportToServer(recordings, folder, options);
}

/** Sees before a run that its spans could be sent. @throws UserError for an address or a variable that makes no sense */
export function checkExport({ to, endpoint }: Pick<ExportRunOptions, 'to' | 'endpoint'>): void {
  checkStandardVariables();
  if (to !== 'otlp-json') transportFromEnvironment(endpoint).close();
}

async function exportToFiles(recordings: readonly Recording[], folder: string): Promise<ExportRunResult> {
  const results: ExportResult[] = [];
  const files: string[] = [];
  for (const [index, recording] of recordings.entries()) {
    const spans = spansFromRecording(recording);
    const written = await writeOtlpJsonLines(spans, path.join(folder, recordings.length === 1 ? 'spans' : `spans-of-${index + 1}`));
    files.push(...written.files);
    results.push({
      endpoint: '',
      recorded: spans.recorded,
      accepted: written.spans,
      lost: 0,
      spooled: 0,
      sampledOut: spans.sampledOut,
      reasons: [],
    });
  }
  return { ...total(results), endpoint: null, files, traceUrl: null, firstTraceId: null };
}

async function exportToServer(recordings: readonly Recording[], folder: string, options: ExportRunOptions): Promise<ExportRunResult> {
  const jaeger = options.to === 'jaeger' ? await jaegerAddresses(options) : null;
  const transport = transportFromEnvironment(jaeger?.otlpEndpoint ?? options.endpoint);
  const { patienceMillis } = options;
  const retry: RetryPolicy =
    patienceMillis === undefined ? DEFAULT_RETRY : { ...DEFAULT_RETRY, patienceMillis, unreachable: 'tried again' };
  const results: ExportResult[] = [];
  let firstTraceId: string | null = null;
  try {
    for (const [index, recording] of recordings.entries()) {
      const spans = spansFromRecording(recording);
      firstTraceId ??= spans.traceIds.find((id) => id !== null) ?? null;
      const file = path.join(folder, `export-${index + 1}.journal.jsonl`);
      const journal = await openJournal(file, identity(recording, transport.endpoint), options.resume === true ? 'resume' : 'fresh');
      const before = total(results);
      const onProgress = (settled: number): void => options.onProgress?.(before.accepted + before.lost + settled);
      results.push(
        await exportSpans(spans, transport, {
          journal,
          onProgress,
          retry,
          ...(options.signal === undefined ? {} : { signal: options.signal }),
        }),
      );
    }
  } finally {
    transport.close();
  }
  const traceUrl = firstTraceId === null ? null : (jaeger?.linkTo(firstTraceId) ?? null);
  if (firstTraceId !== null && jaeger?.pagesUrl !== undefined) linkReportToJaeger(folder, jaeger.pagesUrl);
  return { ...total(results), endpoint: transport.endpoint, files: [], traceUrl, firstTraceId };
}

/** What makes two exports the same: the spans, where they go, and which calls are sampled. */
const identity = (recording: Recording, endpoint: string): string =>
  [recordingKey(recording), endpoint, process.env['OTEL_TRACES_SAMPLER'] ?? '', process.env['OTEL_TRACES_SAMPLER_ARG'] ?? ''].join(' ');

interface JaegerAddresses {
  /** Where spans go, unless the standard variables say. */
  readonly otlpEndpoint?: string;
  /** Address before `/trace/ID`; none where this Jaeger's own address is not known, or it has no pages. */
  readonly pagesUrl?: string;
  /** Address of a trace, null when this Jaeger's own address is not known. */
  linkTo(traceId: string): string | null;
}

/** The Jaeger that we started, unless an address is given or the standard variables name one (empty means unset). */
async function jaegerAddresses({ endpoint, jaegerUrl }: ExportRunOptions): Promise<JaegerAddresses> {
  const status = await jaegerStatus();
  const ours = status.running ? status.state : undefined;
  const named = namedEndpoint(endpoint);
  const isOurs =
    ours !== undefined &&
    (named === undefined || sameServer(named, ours.otlpEndpoint) || sameServer(named, `http://localhost:${ours.ports.otlpGrpc}`));
  const otlpEndpoint = endpoint ?? (named === undefined ? ours?.otlpEndpoint : undefined);
  // Built from its Go module it has no pages, only its query API.
  const pagesUrl = jaegerUrl === undefined ? (isOurs && ours.hasUi ? ours.queryUrl : undefined) : jaegerAddress(jaegerUrl);
  return {
    ...(otlpEndpoint === undefined ? {} : { otlpEndpoint }),
    ...(pagesUrl === undefined ? {} : { pagesUrl }),
    linkTo: (traceId) => {
      if (pagesUrl !== undefined) return `${pagesUrl}/trace/${traceId}`;
      return isOurs ? `${ours.queryUrl}/api/v3/traces/${traceId}` : null;
    },
  };
}

/** The same port of this machine, however it is called. */
function sameServer(a: string, b: string): boolean {
  const local = (address: string): string =>
    URL.canParse(address) ? new URL(address).host.replace(/^(127\.0\.0\.1|\[::1\])/, 'localhost') : address;
  return local(a) === local(b);
}

function total(results: readonly ExportResult[]): Omit<ExportResult, 'endpoint'> {
  const sum = (pick: (result: ExportResult) => number): number => results.reduce((all, result) => all + pick(result), 0);
  return {
    recorded: sum(({ recorded }) => recorded),
    accepted: sum(({ accepted }) => accepted),
    lost: sum(({ lost }) => lost),
    spooled: sum(({ spooled }) => spooled),
    sampledOut: sum(({ sampledOut }) => sampledOut),
    reasons: [...new Set(results.flatMap(({ reasons }) => reasons))],
  };
}
