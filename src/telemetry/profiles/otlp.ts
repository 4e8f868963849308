import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { ownVersion } from '../../engines/own-version.js';
import { renderSamplesAsOtlp } from '../../formats/otlp-profiles/write.js';
import { EXIT, UserError } from '../../model/errors.js';
import { shownAddress } from '../../model/shown-address.js';
import { noAnswer, outcomeOf } from '../otlp/http-answer.js';
import { otlpPoster } from '../otlp/http-poster.js';
import type { SendOutcome } from '../otlp/outcome.js';
import type { UnreachableRemedies } from '../otlp/unreachable.js';
import type { ProfileDestination } from './destination.js';

/** The protocol is in development: a server that has gone on to another version of it refuses by this what it would misread. */
const HEADERS = { 'Content-Type': 'application/x-protobuf', 'OTLP-Profiles-Development-Version': '1' } as const;

const GATE = 'start it with --feature-gates=service.profilesSupport and give it a pipeline of profiles';

const REMEDIES: UnreachableRemedies = {
  start: 'start the collector (with --feature-gates=service.profilesSupport), or name its address in OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT',
  named: 'OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT, or OTEL_EXPORTER_OTLP_ENDPOINT',
};

/**
 * A collector, as the standard variables name it (`OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT`, `OTEL_EXPORTER_OTLP_ENDPOINT`, …), over HTTP.
 *
 * @throws UserError for variables that make no sense
 */
export function otlpDestination(): ProfileDestination {
  checkVariables();
  const poster = otlpPoster({ name: 'PROFILES', path: 'v1development/profiles' }, HEADERS);
  return {
    labels: 'any',
    async send(samples, { name, attributes }) {
      const body = renderSamplesAsOtlp(samples, {
        attributes: { ...attributes, 'service.name': name },
        scope: { name: 'inferscope', version: ownVersion() },
      });
      try {
        const answer = await context.with(suppressTracing(context.active()), () => poster.post(body));
        if (answer.status === 404) return `${poster.endpoint} takes no profiles (HTTP 404): ${GATE}`;
        return problemOf(outcomeOf(answer, poster.endpoint, 1));
      } catch (thrown) {
        return problemOf(noAnswer(poster.endpoint, thrown, REMEDIES));
      }
    },
  };
}

const problemOf = (outcome: SendOutcome): string | undefined =>
  outcome.kind === 'accepted' ? (outcome.rejected > 0 ? `it was rejected (${outcome.message})` : undefined) : outcome.reason;

const variable = (name: string): string | undefined => process.env[`OTEL_EXPORTER_OTLP_${name}`]?.trim() || undefined;

function checkVariables(): void {
  const [own, general] = [variable('PROFILES_ENDPOINT'), variable('ENDPOINT')];
  const [name, endpoint] = own === undefined ? ['ENDPOINT', general] : ['PROFILES_ENDPOINT', own];
  // An address of its own is for HTTP, unless the protocol of profiles says otherwise.
  const protocols = own === undefined ? ['PROFILES_PROTOCOL', 'PROTOCOL'] : ['PROFILES_PROTOCOL'];
  const protocol = protocols.find((each) => variable(each) !== undefined);
  if (protocol !== undefined && variable(protocol) === 'grpc')
    throw new UserError(
      `the protocol of OTEL_EXPORTER_OTLP_${protocol} is grpc, and profiles are sent over HTTP: ${protocol === 'PROTOCOL' ? '' : 'unset it, and '}name the collector's address for it in OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT, such as http://localhost:4318/v1development/profiles`,
      EXIT.config,
    );
  if (endpoint !== undefined && !(URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)))
    throw new UserError(
      `OTEL_EXPORTER_OTLP_${name} is "${shownAddress(endpoint)}": an address begins with http:// or https://, such as http://localhost:4318`,
      EXIT.config,
    );
}
