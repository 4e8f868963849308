import * as http from 'node:http';
import * as https from 'node:https';
import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { EXIT, UserError, messageOf } from '../../model/errors.js';
import { shownAddress } from '../../model/shown-address.js';
import { tracesDataFromSpans } from '../../formats/otlp/write-json.js';
import { outcomeOf, type HttpAnswer } from './http-answer.js';
import type { OtlpTransport, SendOutcome } from './outcome.js';

/** A server's answer is read up to here; no OTLP answer is longer. */
const MAX_ANSWER_BYTES = 1_000_000;

type HttpProtocol = 'http/protobuf' | 'http/json';

/**
 * OTLP over HTTP. Address, headers, timeout, compression and certificates come from the official exporter's own reading
 * of the environment. The request is made here, because that exporter throws away what the server says about rejected
 * spans and about when to come back.
 */
export function httpTransport(protocol: HttpProtocol, endpoint?: string): OtlpTransport {
  const contentType = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
  const general = endpoint ?? generalEndpointWithQuery();
  const url = general === undefined ? {} : { url: tracesUrl(general) };
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only public reading of all the variables
  const settings = convertLegacyHttpOptions(url, 'TRACES', 'v1/traces', { 'Content-Type': contentType });
  const target = parseUrl(settings.url);
  const agent = Promise.resolve(settings.agentFactory(target.protocol));
  return {
    endpoint: shownAddress(target.href),
    async send(spans) {
      try {
        const body = encode(protocol, spans);
        const compressed = settings.compression === 'gzip' ? await promisify(gzip)(body) : body;
        const headers = {
          ...(await settings.headers()),
          'Content-Length': String(compressed.length),
          ...(settings.compression === 'gzip' ? { 'Content-Encoding': 'gzip' } : {}),
        };
        const options = { method: 'POST', headers, agent: await agent };
        const answer = await post(target, options, compressed, settings.timeoutMillis);
        return outcomeOf(answer, shownAddress(target.href), spans.length);
      } catch (thrown) {
        return failure(shownAddress(target.href), thrown);
      }
    },
    close() {
      void agent.then((open) => open.destroy());
    },
  };
}

/** The official reading puts the path of traces behind the query of a general endpoint, where no server looks for it. */
function generalEndpointWithQuery(): string | undefined {
  const [traces, general] = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'].map((name) => process.env[name]?.trim());
  return !traces && general?.includes('?') === true ? general : undefined;
}

function tracesUrl(endpoint: string): string {
  const url = parseUrl(endpoint);
  if (!url.pathname.endsWith('/v1/traces')) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new UserError(`"${shownAddress(text)}" is no OTLP/HTTP address: give one such as http://localhost:4318.`, EXIT.usage);
}

function encode(protocol: HttpProtocol, spans: readonly ReadableSpan[]): Uint8Array {
  if (protocol === 'http/json') return Buffer.from(JSON.stringify(tracesDataFromSpans(spans)));
  return ProtobufTraceSerializer.serializeRequest([...spans]) ?? new Uint8Array();
}

function post(url: URL, options: http.RequestOptions, body: Uint8Array, timeoutMillis: number): Promise<HttpAnswer> {
  const { promise, resolve, reject } = deferred<HttpAnswer>();
  const request = url.protocol === 'https:' ? https.request : http.request;
  const sent = request(url, options, (response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
    });
    response.on('error', reject);
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
  });
  // A deadline for the whole exchange: a socket timeout alone is reset by each byte that drips in.
  const deadline = setTimeout(() => sent.destroy(new Error(`no complete answer within ${timeoutMillis} ms`)), timeoutMillis);
  sent.on('error', reject);
  sent.on('close', () => {
    clearTimeout(deadline);
    reject(new Error('the connection was closed before the answer was complete'));
  });
  sent.end(body);
  return promise;
}

/** A certificate that does not fit fits no better a second later. */
function failure(href: string, thrown: unknown): SendOutcome {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (code === 'EPROTO' && /wrong version number|packet length too long/i.test(messageOf(thrown)))
    return { kind: 'misconfigured', reason: `${href}: the server does not speak TLS there: write http:// instead of https://` };
  const reason = `${href}: ${messageOf(thrown)}`;
  if (/^ERR_(?:SSL|TLS|OSSL)|CERT|SELF_SIGNED|UNABLE_TO_/.test(code))
    return {
      kind: 'misconfigured',
      reason: `${reason} (${code}): name the server's certificate in OTEL_EXPORTER_OTLP_CERTIFICATE, or check the address`,
    };
  return { kind: 'busy', retryAfterMillis: null, reason };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: Error) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: Error) => void = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
