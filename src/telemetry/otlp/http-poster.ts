import * as http from 'node:http';
import * as https from 'node:https';
import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import { EXIT, UserError } from '../../model/errors.js';
import { shownAddress } from '../../model/shown-address.js';
import type { HttpAnswer } from './http-answer.js';

/** A server's answer is read up to here; no OTLP answer is longer. */
const MAX_ANSWER_BYTES = 1_000_000;

/** A signal of OTLP, as its variables and its path name it. */
export interface OtlpSignal {
  readonly name: 'TRACES' | 'PROFILES';
  /** `v1/traces`. */
  readonly path: string;
}

/** What each request has, whatever the variables add. */
export interface OtlpHeaders {
  readonly 'Content-Type': 'application/x-protobuf' | 'application/json';
  readonly [name: string]: string;
}

/** Posts requests to one address. */
export interface OtlpPoster {
  /** As it may be shown. */
  readonly endpoint: string;
  /** @throws Error where there is no answer */
  post(body: Uint8Array): Promise<HttpAnswer>;
  close(): void;
}

/**
 * Address, headers, timeout, compression and certificates come from the official exporter's own reading of the environment. The
 * request is made here, because that exporter throws away what the server says about what it rejected and about when to come back.
 *
 * @param endpoint as `OTEL_EXPORTER_OTLP_ENDPOINT` would be, over which it wins
 * @throws UserError for an address that is none
 */
export function otlpPoster(signal: OtlpSignal, headers: OtlpHeaders, endpoint?: string): OtlpPoster {
  const general = endpoint ?? generalEndpointWithQuery(signal);
  const url = general === undefined ? {} : { url: signalUrl(general, signal.path) };
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only public reading of all the variables
  const settings = convertLegacyHttpOptions(url, signal.name, signal.path, { ...headers });
  const target = parseUrl(settings.url);
  const agent = Promise.resolve(settings.agentFactory(target.protocol));
  return {
    endpoint: shownAddress(target.href),
    async post(body) {
      const compressed = settings.compression === 'gzip' ? await promisify(gzip)(body) : body;
      const all = {
        ...(await settings.headers()),
        'Content-Length': String(compressed.length),
        ...(settings.compression === 'gzip' ? { 'Content-Encoding': 'gzip' } : {}),
      };
      return await post(target, { method: 'POST', headers: all, agent: await agent }, compressed, settings.timeoutMillis);
    },
    close() {
      void agent.then((open) => open.destroy());
    },
  };
}

/** The official reading puts the path of a signal behind the query of a general endpoint, where no server looks for it. */
function generalEndpointWithQuery({ name }: OtlpSignal): string | undefined {
  const [own, general] = [`OTEL_EXPORTER_OTLP_${name}_ENDPOINT`, 'OTEL_EXPORTER_OTLP_ENDPOINT'].map((variable) =>
    process.env[variable]?.trim(),
  );
  return !own && general?.includes('?') === true ? general : undefined;
}

function signalUrl(endpoint: string, path: string): string {
  const url = parseUrl(endpoint);
  if (!url.pathname.endsWith(`/${path}`)) url.pathname = `${url.pathname.replace(/\/$/, '')}/${path}`;
  return url.href;
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new UserError(`"${shownAddress(text)}" is no OTLP/HTTP address: give one such as http://localhost:4318.`, EXIT.usage);
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
