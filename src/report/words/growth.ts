/** Who keeps memory, and what the process had at most, in words. */
import type { Growth, MemoryFigure, MemoryOwner, OwnerFigure } from '../../model/memory.js';
import { addToGroup } from '../../model/add-to-group.js';
import { countOf, formatBytes, formatConfidence, formatCount } from '../words.js';

const OWNERS: Readonly<Record<MemoryOwner, string>> = {
  tensors: 'tensors, by the count of the engine',
  'v8-heap': 'objects on the V8 heap',
  'array-buffers': 'array buffers',
  native: 'native memory of another kind (resident set less all of these)',
  process: 'the resident set of the Python process',
};

/** What a program does against it. */
const REMEDIES: Readonly<Record<MemoryOwner, string>> = {
  tensors: 'dispose of them, or make them in tf.tidy()',
  'v8-heap': 'two heap snapshots (node --heapsnapshot-signal=SIGUSR2) show which objects',
  'array-buffers': 'something keeps typed arrays, outputs or Buffers of earlier calls',
  native: 'sessions and models that are made again and again and never released keep such memory',
  process:
    'if gc.collect() between calls stops it, Python had not collected it yet; else results, models or functions that are made again and again stay',
};

/** One sentence for each owner that surely grows, or one that none does; and one of those that could not be judged. */
export function growthSentences(memory: MemoryFigure | undefined): readonly string[] {
  if (memory === undefined || memory.owners.length === 0) return [];
  const calls = countOf(memory.calls, 'call');
  const judged = memory.owners.filter(({ growth }) => growth.kind !== 'unknown');
  if (judged.length === 0) return [`Whether memory grows was not judged after ${calls}: ${unjudgedWords(memory)}.`];
  const growing = growingSentences(memory);
  const told =
    growing.length === 0 ? [`No growth with the calls was found, after a warm-up of a fifth of them, in: ${namesOf(judged)}.`] : growing;
  return judged.length === memory.owners.length ? told : [...told, `Not judged: ${unjudgedWords(memory)}.`];
}

/** One sentence for each owner that surely grows. */
export const growingSentences = ({ owners, calls }: MemoryFigure): readonly string[] =>
  owners.flatMap(({ owner, growth }) =>
    growth.kind === 'grows'
      ? [
          `Memory grows with the calls: ${OWNERS[owner]}, ${formatBytes(growth.bytesPerCall)} per call (${formatConfidence(0.99)} ${intervalWords(growth.interval)}) over ${countOf(calls, 'call')}; ${REMEDIES[owner]}.`,
        ]
      : [],
  );

/** What the machine must have, in calls as well. */
export function peakSentence({ highestRssBytes, calls }: MemoryFigure, peak: NonNullable<MemoryFigure['peak']>): string {
  const when =
    peak.calls === 1
      ? 'by the end of the first call, loading included'
      : `within the first ${formatCount(peak.calls)} of ${formatCount(calls)} calls`;
  return `The process had ${formatBytes(peak.bytes)} resident at its peak, ${when}; between calls ${formatBytes(highestRssBytes)} at most.`;
}

const namesOf = (owners: readonly OwnerFigure[]): string => owners.map(({ owner }) => shortName(owner)).join(', ');

function unjudgedWords({ owners, madeBy }: MemoryFigure): string {
  const byReason = new Map<string, OwnerFigure[]>();
  for (const figure of owners) if (figure.growth.kind === 'unknown') addToGroup(byReason, whyUnjudged(figure.growth.why, madeBy), figure);
  return [...byReason].map(([why, of]) => `${namesOf(of)} (${why})`).join('; ');
}

const SHORT_NAMES: Readonly<Record<MemoryOwner, string>> = {
  tensors: 'tensors',
  'v8-heap': 'V8 heap',
  'array-buffers': 'array buffers',
  native: 'native',
  process: 'resident set',
};

export const shortName = (owner: MemoryOwner): string => SHORT_NAMES[owner];

const signedBytes = (bytes: number): string => (bytes < 0 ? `−${formatBytes(-bytes)}` : formatBytes(bytes));

const intervalWords = ([low, high]: readonly [number, number]): string => `${signedBytes(low)} to ${signedBytes(high)}`;

const UNJUDGED: Readonly<Record<Extract<Growth, { kind: 'unknown' }>['why'], string>> = {
  'few-looks': 'too few calls',
  'few-collections': 'too few garbage collections',
  'inputs-grow': 'inputs grew, too',
};

/** The flag is one of the program's own. */
const whyUnjudged = (why: keyof typeof UNJUDGED, madeBy: MemoryFigure['madeBy']): string =>
  why === 'few-collections' && madeBy === 'program'
    ? `${UNJUDGED[why]}; with \`node --expose-gc\` they are made between calls`
    : UNJUDGED[why];

export const growthWords = (growth: Growth): string => (growth.kind === 'unknown' ? 'not judged' : intervalWords(growth.interval));
