import { exportRun } from '../../runs/export-run.js';
import type { ExportRunResult, SpanTarget } from '../../runs/export-run.js';
import { EXIT } from '../../model/errors.js';
import { given } from '../../model/given.js';
import { shownAddress } from '../../model/shown-address.js';
import type { ExitCode } from '../../model/errors.js';
import { onInterrupt } from '../interrupt.js';
import { quoted } from '../../model/quoted.js';
import type { Terminal } from '../terminal.js';

export interface SpanExportArguments {
  readonly endpoint: string | undefined;
  readonly resume: boolean | undefined;
  readonly out: string | undefined;
  readonly patience: number | undefined;
  readonly 'jaeger-url': string | undefined;
}

/** What was sent, and the exit code that it means. */
export interface SentSpans {
  readonly result: ExportRunResult;
  readonly exitCode: ExitCode;
}

/** The part of `export` that sends spans. */
export async function exportSpansOf(run: string, to: SpanTarget, args: SpanExportArguments, terminal: Terminal): Promise<ExitCode> {
  const { result, exitCode } = await sendSpans(run, to, args, terminal);
  terminal.data(spanExportData(result));
  return exitCode;
}

/** Sends spans until they are sent or Ctrl-C, prints the three counts and says what to do next. */
export async function sendSpans(run: string, to: SpanTarget, args: Partial<SpanExportArguments>, terminal: Terminal): Promise<SentSpans> {
  const { endpoint, resume, out, patience } = args;
  const chosen = given({
    endpoint,
    out,
    patienceMillis: patience === undefined ? undefined : patience * 1000,
    jaegerUrl: args['jaeger-url'],
  });
  const interrupt = onInterrupt(terminal.remark, 'what has not been sent is kept');
  try {
    const options = { to, resume: resume === true, signal: interrupt.signal, ...chosen };
    const result = await exportRun(run, options);
    printSpanExport({ run, to, endpoint }, result, terminal);
    return { result, exitCode: interrupt.signal.aborted ? EXIT.interrupted : exitCodeOf(result) };
  } finally {
    interrupt.done();
  }
}

export const spanExportData = ({ recorded, accepted, lost, spooled, sampledOut, ...rest }: ExportRunResult): object => ({
  spans: { recorded, accepted, lost, spooled, sampledOut },
  ...rest,
});

/** Anything that was not accepted shows in the exit code. */
const exitCodeOf = ({ recorded, accepted }: ExportRunResult): ExitCode => (accepted === recorded ? EXIT.ok : EXIT.partial);

function printSpanExport(
  { run, to, endpoint: typedEndpoint }: { readonly run: string; readonly to: SpanTarget; readonly endpoint: string | undefined },
  result: ExportRunResult,
  terminal: Terminal,
): void {
  const { recorded, accepted, lost, spooled, sampledOut, endpoint, files, traceUrl, firstTraceId, reasons } = result;
  terminal.say(`Spans: ${recorded} recorded, ${accepted} accepted, ${lost} lost${spooled === 0 ? '' : `, ${spooled} kept for later`}.`);
  if (sampledOut > 0) terminal.say(`${sampledOut} more belong to calls that OTEL_TRACES_SAMPLER left out.`);
  if (endpoint !== null)
    terminal.say(accepted > 0 ? `Sent to ${endpoint}` : recorded > 0 ? `Nothing was taken by ${endpoint}` : 'Nothing to send.');
  for (const file of files) terminal.say(file);
  if (accepted > 0 && firstTraceId !== null) terminal.say(`First trace: ${traceUrl ?? firstTraceId}`);
  // A Jaeger that was built from its module answers there with JSON alone.
  if (accepted > 0 && traceUrl?.includes('/api/') === true)
    terminal.say(`That Jaeger has no pages: look at it with \`inferscope view ${traceUrl}\`.`);
  for (const reason of reasons) terminal.remark(`Not accepted: ${reason}`);
  const words = [
    'inferscope',
    'export',
    run,
    '--to',
    to,
    ...(typedEndpoint === undefined ? [] : ['--endpoint', shownAddress(typedEndpoint)]),
    '--resume',
  ];
  const again = `\`${words.map(quoted).join(' ')}\``;
  if (lost > 0) terminal.remark(`What the server refused is still in the run: once the server is mended, send it again with ${again}.`);
  else if (spooled > 0) terminal.remark(`Nothing is lost: send the rest with ${again}.`);
}
