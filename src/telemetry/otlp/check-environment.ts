import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { EXIT, UserError, messageOf } from '../../model/errors.js';
import { shownAddress } from '../../model/shown-address.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** What is wrong with a value and how it is written, or undefined. */
type Check = (value: string, variables: Variables) => string | undefined;

const SAMPLERS = ['always_on', 'always_off', 'traceidratio', 'parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'];

const oneOf =
  (...known: readonly string[]): Check =>
  (value) =>
    known.includes(value.toLowerCase()) ? undefined : `use one of ${known.join(', ')}`;
const wholeNumber: Check = (value) => (/^\d+$/.test(value) ? undefined : 'give a whole number');
const pairs: Check = (value) => {
  const wrong = value.split(',').find((pair) => pair.trim() !== '' && !isPair(pair));
  return wrong === undefined ? undefined : `"${wrong.trim()}" is no name=value; values with , or = or % are percent-encoded`;
};

function isPair(pair: string): boolean {
  const [name = '', ...value] = pair.split('=');
  if (name.trim() === '' || value.length === 0) return false;
  try {
    decodeURIComponent(value.join('='));
    return true;
  } catch {
    return false;
  }
}

const milliseconds: Check = (value) =>
  /^\d+(?:\.\d+)?$/.test(value) && Number(value) > 0 ? undefined : 'give milliseconds, such as 10000';

/** gRPC takes host and port alone, too. */
const address: Check = (value, variables) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return undefined;
  if (protocolOf(variables) === 'grpc' && /^(?:[\w.-]+|\[[\da-f:]+\]):\d+$/i.test(value)) return undefined;
  return `an address begins with http:// or https://, such as http://${/^[\w.-]+(?::\d+)?(?:\/|$)/.test(value) ? value : 'localhost:4318'}`;
};

const samplerArgument: Check = (value, variables) => {
  if (!/traceidratio$/.test(named(variables, 'OTEL_TRACES_SAMPLER') ?? '')) return undefined;
  return /^\d*\.?\d+(?:e-?\d+)?$/i.test(value) && Number(value) <= 1 ? undefined : 'give a share from 0 to 1';
};

const pem =
  (option: 'ca' | 'cert' | 'key'): Check =>
  (file, variables) => {
    try {
      const content = readFileSync(file);
      // A certificate is checked alone; a key fits its certificate or it does not.
      const certificate = option === 'key' ? otlp(variables, 'CLIENT_CERTIFICATE')[0]?.[1] : undefined;
      createSecureContext({ [option]: content, ...(certificate === undefined ? {} : { cert: readFileSync(certificate) }) });
      return option === 'ca' && !content.includes('-----BEGIN') ? 'the file holds no PEM certificate' : undefined;
    } catch (thrown) {
      return `the file cannot be used (${messageOf(thrown)})`;
    }
  };

const named = (variables: Variables, name: string): string | undefined => variables[name]?.trim() || undefined;

/** The variable for traces wins over the general one; both are checked. */
const otlp = (variables: Variables, name: string): (readonly [string, string])[] =>
  [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`].flatMap((each) => {
    const value = named(variables, each);
    return value === undefined ? [] : [[each, value] as const];
  });

const protocolOf = (variables: Variables): string => otlp(variables, 'PROTOCOL')[0]?.[1] ?? 'http/protobuf';

const OTLP_CHECKS: Readonly<Record<string, Check>> = {
  PROTOCOL: oneOf('http/protobuf', 'http/json', 'grpc'),
  ENDPOINT: address,
  HEADERS: pairs,
  TIMEOUT: milliseconds,
  COMPRESSION: oneOf('gzip', 'none'),
  CERTIFICATE: pem('ca'),
  CLIENT_CERTIFICATE: pem('cert'),
  CLIENT_KEY: pem('key'),
};

const CHECKS: Readonly<Record<string, Check>> = {
  OTEL_SDK_DISABLED: oneOf('true', 'false'),
  OTEL_RESOURCE_ATTRIBUTES: pairs,
  OTEL_TRACES_SAMPLER: oneOf(...SAMPLERS),
  OTEL_TRACES_SAMPLER_ARG: samplerArgument,
  ...Object.fromEntries(
    [
      'ATTRIBUTE_COUNT',
      'ATTRIBUTE_VALUE_LENGTH',
      'SPAN_ATTRIBUTE_COUNT',
      'SPAN_ATTRIBUTE_VALUE_LENGTH',
      'SPAN_EVENT_COUNT',
      'EVENT_ATTRIBUTE_COUNT',
    ].map((name) => [`OTEL_${name}_LIMIT`, wholeNumber]),
  ),
};

/**
 * Looks at the standard variables before they are used: the SDK replaces a value that it cannot read by a default, without
 * a word, and spans then go elsewhere, or others than asked for. Empty means unset.
 *
 * @throws UserError (config) that names the variable, its value and how it is written
 */
export function checkStandardVariables(variables: Variables = process.env): void {
  for (const [name, check] of Object.entries(CHECKS)) {
    const value = named(variables, name);
    if (value !== undefined) refuse(name, value, check(value, variables));
  }
  for (const [name, check] of Object.entries(OTLP_CHECKS)) {
    for (const [variable, value] of otlp(variables, name)) refuse(variable, value, check(value, variables));
  }
}

/** Headers carry credentials: their values are not repeated. */
function refuse(name: string, value: string, problem: string | undefined): void {
  if (problem === undefined) return;
  const secret = name.endsWith('HEADERS');
  const shown = name.endsWith('ENDPOINT') ? shownAddress(value) : value;
  throw new UserError(
    secret
      ? `${name} is not a list of name=value: separate them by commas, and percent-encode values with , or = or %.`
      : `${name} is "${shown}": ${problem}.`,
    EXIT.config,
  );
}
