import { channelsMove } from '../inputs/layouts.js';

interface Output {
  /** Null where outputs come as a list. */
  readonly name: string | null;
  readonly shape: readonly number[];
}

type Paired<Values> = readonly (Values | undefined)[];

/**
 * Which output of the candidate belongs to each of the baseline's: by name where both sides have the same names, else in the order that
 * exporters number them or, where none is told, as they come; where shapes do not fit that, the only one of its shape.
 */
export function pairedOutputs<Values extends Output>(baseline: readonly Output[], candidate: readonly Values[]): Paired<Values> {
  const tries = [byName(baseline, candidate), byOrder(baseline, candidate), byShape(baseline, candidate)];
  return tries.find((paired) => paired.every((other, at) => other !== undefined && fits(baseline[at], other))) ?? candidate;
}

/** With the channels elsewhere, an output is the same picture. */
const fits = (one: Output | undefined, other: Output): boolean =>
  one !== undefined && (one.shape.join() === other.shape.join() || channelsMove(other.shape, one.shape, Infinity) !== null);

function byName<Values extends Output>(baseline: readonly Output[], candidate: readonly Values[]): Paired<Values> {
  const named = new Map(candidate.map((output) => [output.name, output]));
  return baseline.map(({ name }) => (name === null ? undefined : named.get(name)));
}

function byOrder<Values extends Output>(baseline: readonly Output[], candidate: readonly Values[]): Paired<Values> {
  const [ones, others] = [placesOf(baseline), placesOf(candidate)];
  return baseline.map((_, at) => candidate[others.indexOf(ones[at] ?? -1)]);
}

const byShape = <Values extends Output>(baseline: readonly Output[], candidate: readonly Values[]): Paired<Values> =>
  baseline.map((one) => {
    const [other, ...more] = candidate.filter((each) => fits(one, each));
    return more.length === 0 && baseline.filter((each) => fits(one, each)).length === 1 ? other : undefined;
  });

/** `StatefulPartitionedCall:2`, `Identity_2:0`, `output_2`: a function's third output. The first of `Identity` has no number. */
const NUMBERED = [/^(?<of>.+):(?<number>\d+)$/, /^(?<of>.+?)(?:_(?<number>\d+))?(?::0)?$/];

/** Where each output stands among those of its function, as the names tell; where they do not, as it comes. */
function placesOf(outputs: readonly Output[]): readonly number[] {
  const asTheyCome = outputs.map((_, at) => at);
  for (const pattern of NUMBERED) {
    const told = outputs.map(({ name }) => pattern.exec(name ?? '')?.groups);
    const numbers = told.map((groups) => Number(groups?.['number'] ?? 0));
    const ofOne = new Set(told.map((groups) => groups?.['of'])).size === 1 && told[0] !== undefined;
    if (ofOne && asTheyCome.every((place) => numbers.includes(place))) return numbers;
  }
  return asTheyCome;
}
