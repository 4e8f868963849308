import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

/** One misbehaviour, used up by one request; `ok` when the list is empty. */
export type Behaviour =
  | 'ok'
  | 'hang'
  | 'drop'
  | 'drip'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | { readonly rejectSpans: number; readonly message: string };

const SCHEMA = protobuf.parse(`
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { repeated ScopeSpans scope_spans = 2; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span { bytes trace_id = 1; bytes span_id = 2; string name = 5; fixed64 start = 7; fixed64 end = 8; }
  message Response { PartialSuccess partial_success = 1; }
  message PartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
`).root;
const REQUEST = SCHEMA.lookupType('Request');
const RESPONSE = SCHEMA.lookupType('Response');

/** A real HTTP server that takes OTLP and misbehaves as told. */
export class FlakyCollector {
  readonly behaviours: Behaviour[] = [];
  /** Span ids of accepted requests, in order, duplicates kept. */
  readonly spanIds: string[] = [];
  readonly requests: IncomingMessage[] = [];
  busiest = 0;
  private underWay = 0;
  private readonly server = createServer((request, response) => this.take(request, response));

  /** On a free port, or on the one it had before. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request);
    this.busiest = Math.max(this.busiest, ++this.underWay);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => this.answer(request, response, Buffer.concat(chunks)));
    response.on('close', () => this.underWay--);
  }

  private answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const behaviour = this.behaviours.shift() ?? 'ok';
    if (behaviour === 'hang') return;
    if (behaviour === 'drop') return void request.socket.destroy();
    if (behaviour === 'drip') {
      response.writeHead(200, { 'Content-Length': '1000' });
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drip));
      return;
    }
    if (typeof behaviour === 'object' && 'status' in behaviour) {
      response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body);
      return;
    }
    this.spanIds.push(...spanIdsOf(request, body));
    response.writeHead(200, { 'Content-Type': 'application/x-protobuf' });
    if (behaviour === 'ok') return void response.end();
    const partial = { partialSuccess: { rejectedSpans: behaviour.rejectSpans, errorMessage: behaviour.message } };
    response.end(RESPONSE.encode(RESPONSE.create(partial)).finish());
  }
}

interface Spans {
  readonly resourceSpans: { readonly scopeSpans: { readonly spans: { readonly spanId: string }[] }[] }[];
}

function spanIdsOf(request: IncomingMessage, body: Buffer): string[] {
  const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  const isJson = request.headers['content-type'] === 'application/json';
  const decoded = isJson ? (JSON.parse(plain.toString()) as Spans) : (REQUEST.toObject(REQUEST.decode(plain), { bytes: String }) as Spans);
  return decoded.resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map(({ spanId }) => (isJson ? spanId : Buffer.from(spanId, 'base64').toString('hex')));
}
