import path from 'node:path';
import { EXIT, UserError } from '../../model/errors.js';
import { given } from '../../model/given.js';
import type { InferenceInstrumentationConfig, KernelSpans } from './config.js';

/** Whether V8 is sampled. */
export const PROFILE_VARIABLE = 'INFERSCOPE_PROFILE';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The settings of a program that is instrumented without a line of its own: `INFERSCOPE_KERNELS` (`on`, `off`, or a
 * number N for one recorded call in N), `INFERSCOPE_SPAN_BUDGET`, `INFERSCOPE_MINIMUM_KERNEL_MICROS`,
 * `INFERSCOPE_SESSION_KERNELS` (`sampled`, `off`), `INFERSCOPE_METRICS` (`recorded`, `all`), `INFERSCOPE_END_SECONDS`,
 * `INFERSCOPE_PROFILE` (`off`, `on` for Pyroscope, `otlp` for a collector, or a folder for pprof files). Empty means unset.
 * @throws UserError for a value that makes no sense.
 */
export function configFromEnvironment(variables: Variables = process.env): InferenceInstrumentationConfig {
  const text = (name: string): string | undefined => variables[name]?.trim() || undefined;
  const number = (name: string): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (/^\d+(?:\.\d+)?$/.test(value)) return Number(value);
    throw new UserError(`${name} is "${value}": give a number.`, EXIT.config);
  };
  const config = {
    kernels: kernelsFrom(text('INFERSCOPE_KERNELS')),
    spanBudget: number('INFERSCOPE_SPAN_BUDGET'),
    minimumKernelMicros: number('INFERSCOPE_MINIMUM_KERNEL_MICROS'),
    sessionKernels: oneOf('INFERSCOPE_SESSION_KERNELS', text, ['sampled', 'off'] as const),
    endSeconds: number('INFERSCOPE_END_SECONDS'),
    profile: profileFromEnvironment(variables),
    metrics: oneOf('INFERSCOPE_METRICS', text, ['recorded', 'all'] as const),
  };
  return given(config);
}

/**
 * What the variable asks for; undefined where it is unset. `words`: what the error names.
 *
 * @throws UserError for a value that makes no sense
 */
export function profileFromEnvironment(
  variables: Variables = process.env,
  words: readonly string[] = ['on', 'otlp', 'off'],
): InferenceInstrumentationConfig['profile'] {
  const value = variables[PROFILE_VARIABLE]?.trim() || undefined;
  if (value === undefined || value === 'off') return value;
  if (value === 'on') return 'pyroscope';
  if (value === 'otlp') return value;
  if (/[/\\.]/.test(value)) return { folder: path.resolve(value) };
  throw new UserError(`${PROFILE_VARIABLE} is "${value}": use ${words.join(', ')}, or a folder such as ./profiles.`, EXIT.config);
}

function kernelsFrom(value: string | undefined): KernelSpans | undefined {
  if (value === undefined || value === 'on' || value === 'off') return value;
  if (/^[1-9]\d*$/.test(value)) return { oneIn: Number(value) };
  throw new UserError(`INFERSCOPE_KERNELS is "${value}": use on, off, or a number N for one call in N.`, EXIT.config);
}

function oneOf<T extends string>(name: string, text: (name: string) => string | undefined, values: readonly T[]): T | undefined {
  const value = text(name);
  const known = values.find((each) => each === value);
  if (value === undefined || known !== undefined) return known;
  throw new UserError(`${name} is "${value}": use ${values.join(' or ')}.`, EXIT.config);
}
