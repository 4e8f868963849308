import { createServer, type IncomingMessage, type Server } from 'node:http';
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import open from 'open';
import { looksLikeModel } from '../../engines/engines.js';
import { againstTfjsIn } from '../../runs/against-tfjs.js';
import { analyseRun } from '../../runs/analyse-run.js';
import { openRun, openTrace, type OpenedRun } from '../../runs/open-run.js';
import { toldAnalysis } from '../../runs/told.js';
import { isAddress, traceAddress, traceIn, type TraceAddress } from '../../telemetry/jaeger/trace.js';
import type { ForeignProfile } from '../../model/foreign.js';
import { extrasOf } from '../../runs/report-extras.js';
import { sweepIn } from '../../runs/sweep-file.js';
import { writeFile } from '../../runs/write-file.js';
import { viewOfProfiles } from '../../runs/view-profiles.js';
import { EXIT, UserError, messageOf } from '../../model/errors.js';
import { renderProfilesHtml } from '../../report/studies/profiles/html.js';
import { profilesObject } from '../../report/studies/profiles/json.js';
import { renderProfilesMarkdown } from '../../report/studies/profiles/markdown.js';
import { renderReportHtml } from '../../report/report-html.js';
import { renderAgainstTfjs } from '../../report/studies/against-tfjs.js';
import { againstData } from '../against-data.js';
import { reportObject } from '../../report/report-json.js';
import { renderReportMarkdown } from '../../report/report-markdown.js';
import { renderSweepHtml } from '../../report/studies/sweep/sweep.js';
import { sweepSentences } from '../../report/studies/sweep/words.js';
import type { CommandSpec } from '../command.js';
import { onInterrupt } from '../interrupt.js';
import { portNumber } from '../numbers.js';
import type { Terminal } from '../terminal.js';

interface Arguments {
  readonly run: string | undefined;
  readonly 'from-jaeger': string | undefined;
  readonly trace: string | undefined;
  readonly port: number;
  readonly open: boolean;
  readonly text: boolean;
  readonly out: string | undefined;
}

export const viewCommand: CommandSpec<Arguments> = {
  filtersLog: true,
  examples: [
    ['view profiles/my-run', 'Open the report in the browser'],
    ['view profiles/my-run --no-open --port 8080', 'Serve it on a port of your own'],
    ['view app.cpuprofile', 'Flamegraph of a file of another tool: .cpuprofile, Chrome trace, OTLP, pprof, speedscope, collapsed stacks'],
    ['view http://localhost:16686/trace/4bf92f3577b34da6a3ce929d0e0e4736', 'One trace out of Jaeger, whether that has pages or not'],
    ['view trace.json --text', 'Only print what it says'],
    ['view trace.json --text --json', 'The same as JSON'],
    ['view trace.json --out trace.html', 'Write the page to a file'],
  ],
  options: (yargs) =>
    yargs
      .positional('run', { type: 'string', describe: 'Run folder, recording, profile of another tool, or address of a trace in Jaeger' })
      .option('from-jaeger', { type: 'string', describe: 'Address of a Jaeger that holds the trace' })
      .option('trace', { type: 'string', describe: 'Id of the trace' })
      .option('port', { ...portNumber('port', 'Port on the loopback address (0: any free one)', 0), default: 0 })
      .option('open', { type: 'boolean', default: true, describe: 'Open the browser' })
      .option('text', { type: 'boolean', default: false, describe: 'Print the report as text and end; nothing is served' })
      .option('out', { type: 'string', describe: 'Write the page to this file and end; nothing is served' }),
  run: async (args, terminal) => {
    const report = await reportOf(whatOf(args));
    if (args.out !== undefined) writeFile(args.out, report.html());
    if (args.text) terminal.say(report.text().trimEnd());
    if (args.out !== undefined) terminal.say(path.resolve(args.out));
    if (args.out !== undefined || args.text) {
      terminal.data({ ...report.data(), ...(args.out === undefined ? {} : { files: [args.out] }) });
      return EXIT.ok;
    }
    return await serveUntilInterrupted(report.html(), args, terminal);
  },
};

/** The same facts in the three forms; each is made when it is wanted. */
interface Report {
  html(): string;
  text(): string;
  data(): object;
}

/** @throws UserError (usage) for nothing, and for two things */
function whatOf({ run, trace, 'from-jaeger': queryUrl }: Arguments): string | TraceAddress {
  if (run !== undefined && trace === undefined && queryUrl === undefined) return isAddress(run) ? traceAddress(run) : run;
  if (run === undefined && trace !== undefined && queryUrl !== undefined) return traceIn(queryUrl, trace);
  throw new UserError(
    'view takes a run folder, a file, or the address of a trace; or --from-jaeger with the address of a Jaeger and --trace with the id.',
    EXIT.usage,
  );
}

async function reportOf(what: string | TraceAddress): Promise<Report> {
  return typeof what === 'string' ? reportOfPath(what) : reportOfTrace(what.traceId, await openTrace(what));
}

/** Spans that Inferscope made are calls again; those of others become profiles. */
function reportOfTrace(traceId: string, opened: OpenedRun): Report {
  if (opened.kind === 'profiles') return reportOfProfiles(traceId, opened.profiles);
  const { recordings } = opened;
  const analysis = toldAnalysis(recordings);
  const extras = extrasOf(recordings);
  return {
    html: () => renderReportHtml(analysis, extras),
    text: () => renderReportMarkdown(analysis, extras),
    data: () => reportObject(analysis),
  };
}

function reportOfProfiles(title: string, profiles: readonly ForeignProfile[]): Report {
  const view = viewOfProfiles(title, profiles);
  return { html: () => renderProfilesHtml(view), text: () => renderProfilesMarkdown(view), data: () => profilesObject(view) };
}

/** The run's own report; for a run folder without one, or a lone recording, it is made anew. */
function reportOfPath(run: string): Report {
  const sweep = sweepIn(run);
  if (sweep !== null)
    return { html: () => renderSweepHtml(sweep), text: () => sweepSentences(sweep).join('\n'), data: () => ({ ...sweep, folder: run }) };
  if (looksLikeModel(run))
    throw new UserError(`${run} is a model, which has no report yet: \`inferscope profile ${run}\` measures it.`, EXIT.badInput);
  const opened = openRun(run);
  if (opened.kind === 'profiles') return reportOfProfiles(path.basename(run), opened.profiles);
  const written = path.join(run, 'report.html');
  const { recordings } = opened;
  const analysis = analyseRun(run, recordings);
  const extras = extrasOf(recordings, run);
  const html = (): string =>
    statSync(run).isDirectory() && existsSync(written) ? readFileSync(written, 'utf8') : renderReportHtml(analysis, extras);
  const against = againstTfjsIn(run);
  const added = against?.kind === 'compared' ? `\n${renderAgainstTfjs(against)}` : '';
  return {
    html,
    text: () => `${renderReportMarkdown(analysis, extras)}${added}`,
    data: () => ({ ...reportObject(analysis), ...againstData(run, against) }),
  };
}

async function serveUntilInterrupted(page: string, args: Arguments, terminal: Terminal): Promise<typeof EXIT.ok> {
  const interrupt = onInterrupt(() => undefined);
  const server = await serve(page, args.port);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  terminal.say(`Report at ${url} (Ctrl-C ends)`);
  terminal.data({ url });
  if (args.open) await open(url).catch(() => terminal.remark(`No browser could be opened: go to ${url} yourself.`));
  await new Promise<void>((resolve) => interrupt.signal.addEventListener('abort', () => resolve()));
  server.close();
  server.closeAllConnections();
  interrupt.done();
  return EXIT.ok;
}

/** A page of another site that has its own name lead here (DNS rebinding) says so in its Host or Origin. */
function isForUs({ headers: { host = '', origin }, socket }: IncomingMessage): boolean {
  const ours = ['127.0.0.1', 'localhost'].map((name) => `${name}:${socket.localPort ?? 0}`);
  // A port of 80 is left out.
  if (socket.localPort === 80) ours.push('127.0.0.1', 'localhost');
  return ours.includes(host.toLowerCase()) && (origin === undefined || ours.some((one) => origin === `http://${one}`));
}

/** Serves one page on the loopback address. @throws UserError when the port is taken. */
async function serve(page: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    if (!isForUs(request)) {
      response.writeHead(403, { 'content-type': 'text/plain' }).end('Open the address that `inferscope view` printed.');
      return;
    }
    const found = request.method === 'GET' && (request.url === '/' || request.url === '/report.html');
    response.writeHead(found ? 200 : 404, {
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    response.end(found ? page : 'There is only one page here: /');
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  } catch (thrown) {
    throw new UserError(`Cannot serve on port ${port} (${messageOf(thrown)}): choose another with --port, or leave it out.`, EXIT.usage, {
      cause: thrown,
    });
  }
  return server;
}
