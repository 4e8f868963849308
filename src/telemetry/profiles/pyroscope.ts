import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { renderSamplesAsPprof } from '../../formats/pprof/write.js';
import type { TakenSamples } from '../../formats/taken-samples.js';
import { EXIT, UserError, fetchFailure } from '../../model/errors.js';
import { shownAddress } from '../../model/shown-address.js';
import { unreachableReason, type UnreachableRemedies } from '../otlp/unreachable.js';
import type { ProfileDestination } from './destination.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** Where profiles go, by the variables of Grafana's own SDKs. */
export interface PyroscopeServer {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** `PYROSCOPE_APPLICATION_NAME`; without it the service's name is used. */
  readonly application: string | undefined;
}

/**
 * `PYROSCOPE_SERVER_ADDRESS` (default http://localhost:4040, with user and password for basic authentication where it has them),
 * `PYROSCOPE_AUTH_TOKEN` or `PYROSCOPE_BASIC_AUTH_USER` and `PYROSCOPE_BASIC_AUTH_PASSWORD`, `PYROSCOPE_TENANT_ID`,
 * `PYROSCOPE_APPLICATION_NAME`. @throws UserError for an address that is none
 */
export function pyroscopeFromEnvironment(variables: Variables = process.env): PyroscopeServer {
  const text = (name: string): string | undefined => variables[name]?.trim() || undefined;
  const address = text('PYROSCOPE_SERVER_ADDRESS') ?? 'http://localhost:4040';
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UserError(
      `PYROSCOPE_SERVER_ADDRESS is "${shownAddress(address)}": give an address such as http://localhost:4040.`,
      EXIT.config,
    );
  const user = text('PYROSCOPE_BASIC_AUTH_USER') ?? decodeURIComponent(url.username);
  const password = text('PYROSCOPE_BASIC_AUTH_PASSWORD') ?? decodeURIComponent(url.password);
  [url.username, url.password] = ['', ''];
  url.pathname = `${url.pathname.replace(/\/$/, '')}/ingest`;
  const token = text('PYROSCOPE_AUTH_TOKEN');
  const tenant = text('PYROSCOPE_TENANT_ID');
  const basic = user === '' ? undefined : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const authorization = token === undefined ? basic : `Bearer ${token}`;
  return {
    url,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(tenant === undefined ? {} : { 'X-Scope-OrgID': tenant }),
    },
    application: text('PYROSCOPE_APPLICATION_NAME'),
  };
}

/** The Pyroscope that the variables name. @throws UserError for an address that is none */
export function pyroscopeDestination(): ProfileDestination {
  const server = pyroscopeFromEnvironment();
  return { labels: 'of few values', send: (samples, { name }) => pushToPyroscope(server, server.application ?? name, samples) };
}

const REMEDIES: UnreachableRemedies = {
  start: 'start Pyroscope, or name its address in PYROSCOPE_SERVER_ADDRESS',
  named: 'PYROSCOPE_SERVER_ADDRESS',
};

/** No answer for so long is none. */
const TIMEOUT_MILLIS = 10_000;

/**
 * Sends one profile. Gives undefined when it was taken, else why not. What `name` holds besides letters, digits and `-_./` is replaced:
 * the server would read it as labels.
 */
async function pushToPyroscope({ url, headers }: PyroscopeServer, name: string, taken: TakenSamples): Promise<string | undefined> {
  const target = new URL(url);
  const unix = (nanos: number): string => String(Math.floor(nanos / 1e9));
  const parameters = {
    name: name.replaceAll(/[^\w./-]/g, '_'),
    spyName: 'nodespy',
    from: unix(taken.timeNanos),
    until: unix(taken.timeNanos + taken.durationNanos),
  };
  for (const [key, value] of Object.entries(parameters)) target.searchParams.set(key, value);
  const body = new FormData();
  body.append('profile', new Blob([new Uint8Array(renderSamplesAsPprof(taken))]), 'profile.pb.gz');
  try {
    const answer = await context.with(suppressTracing(context.active()), () =>
      fetch(target, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MILLIS) }),
    );
    const said = (await answer.text()).trim().slice(0, 200);
    return answer.ok ? undefined : `${shownAddress(url.href)} answered ${answer.status}${said === '' ? '' : ` (${said})`}`;
  } catch (thrown) {
    const [address, why] = [shownAddress(url.href), fetchFailure(thrown)];
    return unreachableReason(address, why, REMEDIES) ?? `${address} cannot be reached (${why})`;
  }
}
