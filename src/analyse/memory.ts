import { MEMORY_OWNERS, type Growth, type MemoryFigure, type MemoryOwner, type OwnerFigure } from '../model/memory.js';
import { given } from '../model/given.js';
import { median } from '../model/median.js';
import type { ProcessMemory, Recording } from '../model/recording.js';
import { elementsOf } from '../model/signatures.js';
import { isCreationCall } from '../model/variant.js';

/** Share of the calls in which caches and pools fill. */
const WARM_UP_SHARE = 0.2;
/** Arenas and caches of an engine may fill for longer than that where there are fewer calls. */
const MIN_CALLS: Readonly<Record<MemoryOwner, number>> = { tensors: 0, 'v8-heap': 0, 'array-buffers': 0, native: 100, process: 100 };
const MAX_BLOCKS = 12;
/** With fewer, an interval of 99 % cannot be given. */
const MIN_BLOCKS = 6;
const Z_99 = 2.576;
/** Array buffers may stay for some collections: a fall of this many calls' growth shows that they are given back at all. */
const FALL_CALLS = 10;
const MIB = 2 ** 20;
/** Less than this tells of nothing that a program does: what recording keeps, pages of an allocator. */
const MIN_BYTES: Readonly<Record<MemoryOwner, number>> = {
  tensors: 1,
  'v8-heap': MIB,
  'array-buffers': MIB / 4,
  native: 8 * MIB,
  process: 8 * MIB,
};
const MIN_BYTES_PER_CALL: Readonly<Record<MemoryOwner, number>> = {
  tensors: 0,
  'v8-heap': 128,
  'array-buffers': 128,
  native: 128,
  process: 128,
};
/** What still grows in the second half grows at least this much as fast as in the first. */
const STEADY = 0.5;
/** Most steps from block to block are at least this much of the slope: a model that is loaded later is one step, and no leak. */
const SPREAD = 0.25;

interface Look {
  /** Calls before it. */
  readonly call: number;
  readonly atNanos: number;
  readonly elements: number;
  readonly memory: ProcessMemory;
}

interface Point {
  readonly call: number;
  readonly bytes: number;
  /** Of the call's inputs. */
  readonly elements?: number;
}

/** Memory of the process that was looked at most, by owner; null where nobody looked twice. */
export function memoryFigure(recordings: readonly Recording[]): MemoryFigure | null {
  const all = recordings.map((recording) => ({ recording, ...looksOf(recording) }));
  const [most] = all.sort((a, b) => b.looks.length - a.looks.length);
  if (most === undefined || most.looks.length < 2) return null;
  const { recording, calls, looks } = most;
  const warm = looks.filter(({ call }) => call >= WARM_UP_SHARE * calls);
  const collected = collectedLooks(recording, warm);
  return {
    madeBy: recording.calls.some(({ round }) => round >= 0) ? 'inferscope' : 'program',
    calls,
    looks: looks.length,
    highestRssBytes: looks.reduce((most, { memory }) => Math.max(most, memory.rssBytes), 0),
    ...given({ peak: peakOf(looks) }),
    owners: MEMORY_OWNERS.flatMap((owner) => {
      const figure = ownerFigure(owner, warm, collected);
      if (figure === null) return [];
      return calls < MIN_CALLS[owner] ? { ...figure, growth: { kind: 'unknown', why: 'few-looks' } } : figure;
    }),
  };
}

/** The system's mark only rises: the first look that has its last height. */
function peakOf(looks: readonly Look[]): MemoryFigure['peak'] {
  const bytes = looks.at(-1)?.memory.peakRssBytes;
  const first = looks.find(({ memory }) => memory.peakRssBytes === bytes);
  return bytes === undefined || first === undefined ? undefined : { bytes, calls: first.call + 1 };
}

/** Sessions that are created are no calls. */
function looksOf({ meta, calls }: Recording): { readonly calls: number; readonly looks: readonly Look[] } {
  const inferences = calls.filter((call) => !isCreationCall(meta.variants, call));
  const looks = inferences.flatMap(({ memory, signature, startNanos, latencyNanos }, call) =>
    memory === undefined ? [] : [{ call, atNanos: startNanos + latencyNanos, elements: elementsOf(signature), memory }],
  );
  return { calls: inferences.length, looks };
}

/** Looks at what is held, by their calls: in between, garbage looks as if it stayed. */
interface CollectedLooks {
  /** `made`: right after collections made for it; `own`: the first look after each full collection of V8's own. */
  readonly by: 'made' | 'own';
  readonly calls: ReadonlySet<number>;
}

function collectedLooks({ gc }: Recording, looks: readonly Look[]): CollectedLooks {
  const made = looks.filter(({ memory }) => memory.collected === true);
  if (made.length >= MIN_BLOCKS) return { by: 'made', calls: new Set(made.map(({ call }) => call)) };
  const ends = gc.filter(({ type }) => type === 'mark-sweep-compact').map(({ startNanos, durationNanos }) => startNanos + durationNanos);
  const from = looks[0]?.atNanos ?? Infinity;
  return {
    by: 'own',
    calls: new Set(ends.flatMap((end) => (end < from ? [] : (looks.find(({ atNanos }) => atNanos >= end)?.call ?? [])))),
  };
}

/** Null where this owner cannot be told. */
function ownerFigure(owner: MemoryOwner, looks: readonly Look[], collected: CollectedLooks): OwnerFigure | null {
  const points = looks.flatMap(({ call, elements, memory }): Point[] => {
    const bytes = bytesOf(owner, memory);
    return bytes === undefined ? [] : [{ call, elements, bytes }];
  });
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.every(({ bytes }) => bytes === 0)) return null;
  return {
    owner,
    fromBytes: first.bytes,
    toBytes: last.bytes,
    growth: owner === 'v8-heap' || owner === 'array-buffers' ? collectedGrowth(points, owner, collected) : growthOf(points, owner),
  };
}

/** Of what is held right after full collections: without enough of them nobody can tell it from garbage. */
function collectedGrowth(points: readonly Point[], owner: MemoryOwner, { by, calls }: CollectedLooks): Growth {
  const held = points.filter(({ call }) => calls.has(call));
  const unknown = { kind: 'unknown', why: 'few-collections' } as const;
  if (held.length < MIN_BLOCKS) return unknown;
  const growth = growthOf(held, owner, 1);
  const mayStay = by === 'own' && owner === 'array-buffers';
  return growth.kind === 'grows' && mayStay && !falls(points, FALL_CALLS * growth.bytesPerCall) ? unknown : growth;
}

const falls = (points: readonly Point[], least: number): boolean =>
  points.some(({ bytes }, at) => bytes - (points[at + 1]?.bytes ?? bytes) >= least);

function bytesOf(
  owner: MemoryOwner,
  { rssBytes, heapUsedBytes, heapTotalBytes, externalBytes, arrayBuffersBytes, tensorBytes }: ProcessMemory,
) {
  switch (owner) {
    case 'tensors':
      return tensorBytes;
    case 'v8-heap':
      return heapUsedBytes;
    case 'array-buffers':
      return arrayBuffersBytes;
    case 'process':
      return heapUsedBytes === 0 ? rssBytes : undefined;
    case 'native':
      return heapTotalBytes === undefined ? undefined : Math.max(0, rssBytes - heapTotalBytes - externalBytes - (tensorBytes ?? 0));
  }
}

/**
 * Whether memory grows with the calls: the slope through the lowest points of blocks of looks (what is there before a collection
 * is not held), by Theil and Sen, with their distribution-free interval of 99 %. Larger inputs take more memory, and an engine
 * keeps room for the largest: where they grow, too, nothing is told.
 */
export function growthOf(points: readonly Point[], owner: MemoryOwner, looksPerBlock = 3): Growth {
  const blocks = blocksOf(points, looksPerBlock);
  if (blocks.length < MIN_BLOCKS) return { kind: 'unknown', why: 'few-looks' };
  const floors = blocks.map((block) => block.reduce((low, point) => (point.bytes < low.bytes ? point : low)));
  const { slope: bytesPerCall, interval } = trendOf(floors);
  const middle = floors.length >> 1;
  const [early, late] = [slopeOf(floors.slice(0, middle + 1)), slopeOf(floors.slice(middle))];
  const typical = median(floors.slice(1).flatMap((floor, at) => slopesOf([floors[at] ?? floor, floor]))) ?? 0;
  const calls = (floors.at(-1)?.call ?? 0) - (floors[0]?.call ?? 0);
  const grows =
    interval[0] > 0 &&
    late >= STEADY * early &&
    typical >= SPREAD * bytesPerCall &&
    bytesPerCall >= MIN_BYTES_PER_CALL[owner] &&
    bytesPerCall * calls >= MIN_BYTES[owner];
  if (grows && inputsGrow(blocks)) return { kind: 'unknown', why: 'inputs-grow' };
  return { kind: grows ? 'grows' : 'none', bytesPerCall, interval };
}

/** Of looks in the order of the calls. */
function blocksOf(points: readonly Point[], looksPerBlock: number): readonly (readonly Point[])[] {
  const count = Math.min(MAX_BLOCKS, Math.floor(points.length / looksPerBlock));
  return Array.from({ length: count }, (_, at) =>
    points.slice(Math.floor((at * points.length) / count), Math.floor(((at + 1) * points.length) / count)),
  );
}

/** Whether the middle sizes of the inputs, or the largest so far, grow. */
function inputsGrow(blocks: readonly (readonly Point[])[]): boolean {
  const sizes = blocks.map((block) => ({ call: block[0]?.call ?? 0, sizes: block.map(({ elements = 0 }) => elements) }));
  let largest = 0;
  const largestSoFar = sizes.map(({ call, sizes }) => ({ call, bytes: (largest = Math.max(largest, ...sizes)) }));
  const middle = sizes.map(({ call, sizes }) => ({ call, bytes: median(sizes) ?? 0 }));
  return [largestSoFar, middle].some((series) => trendOf(series).interval[0] > 0);
}

/** The slope by Theil and Sen, and its interval. */
function trendOf(points: readonly Point[]): { readonly slope: number; readonly interval: readonly [number, number] } {
  const count = points.length;
  const slopes = slopesOf(points);
  const reach = Z_99 * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const low = slopes[Math.max(0, Math.floor((slopes.length - reach) / 2))] ?? 0;
  const high = slopes[Math.min(slopes.length - 1, Math.ceil((slopes.length + reach) / 2))] ?? 0;
  return { slope: median(slopes) ?? 0, interval: [low, high] };
}

const slopeOf = (points: readonly Point[]): number => median(slopesOf(points)) ?? 0;

/** Of all pairs, ascending. */
function slopesOf(points: readonly Point[]): readonly number[] {
  const slopes = points.flatMap((from, at) =>
    points.slice(at + 1).flatMap((to) => (to.call > from.call ? [(to.bytes - from.bytes) / (to.call - from.call)] : [])),
  );
  return slopes.sort((a, b) => a - b);
}
