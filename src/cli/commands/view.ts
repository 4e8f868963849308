import { createServer, type Server } from 'node:http';
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import open from 'open';
import { analyse } from '../../analyse/analyse.js';
import { readRun } from '../../api/run-folder.js';
import { EXIT } from '../../model/errors.js';
import { renderReportHtml } from '../../render/report-html.js';
import type { CommandSpec } from '../command.js';
import { onInterrupt } from '../interrupt.js';

interface Arguments {
  readonly run: string;
  readonly port: number;
  readonly open: boolean;
}

export const viewCommand: CommandSpec<Arguments> = {
  command: 'view <run>',
  describe: 'Open the report of a run, served on this machine only',
  examples: [
    ['view profiles/my-run', 'Open the report in the browser'],
    ['view profiles/my-run --no-open --port 8080', 'Serve it on a port of your own'],
  ],
  options: (yargs) =>
    yargs
      .positional('run', { type: 'string', demandOption: true, describe: 'Run folder or recording' })
      .option('port', { type: 'number', default: 0, describe: 'Port on the loopback address (0: any free one)' })
      .option('open', { type: 'boolean', default: true, describe: 'Open the browser' }),
  run: async (args, terminal) => {
    const page = reportPage(args.run);
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
  },
};

/** The run's own report; for a run folder without one, or a lone recording, it is made anew. */
function reportPage(run: string): string {
  const written = path.join(run, 'report.html');
  if (existsSync(run) && statSync(run).isDirectory() && existsSync(written)) return readFileSync(written, 'utf8');
  const recordings = readRun(run);
  return renderReportHtml(analyse(recordings), { recordings });
}

/** Serves one page on the loopback address. @throws Error when the port is taken. */
async function serve(page: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    const found = request.method === 'GET' && (request.url === '/' || request.url === '/report.html');
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    response.end(found ? page : 'There is only one page here: /');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}
