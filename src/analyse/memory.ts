import { MEMORY_OWNERS, type Growth, type MemoryFigure, type MemoryOwner, type OwnerFigure } from '../model/memory.js';
import { median } from '../model/median.js';
import type { ProcessMemory, Recording } from '../model/recording.js';

/** Share of the calls in which caches and pools fill. */
const WARM_UP_SHARE = 0.2;
const MAX_BLOCKS = 12;
/** With fewer, an interval of 99 % cannot be given. */
const MIN_BLOCKS = 6;
const Z_99 = 2.576;
const MIN_COLLECTIONS = 3;
const MIB = 2 ** 20;
/** Less than this tells of nothing that a program does: what recording keeps, pages of an allocator. */
const MIN_BYTES: Readonly<Record<MemoryOwner, number>> = { tensors: 1, 'v8-heap': MIB, 'array-buffers': MIB / 4, native: 8 * MIB };
const MIN_BYTES_PER_CALL: Readonly<Record<MemoryOwner, number>> = { tensors: 0, 'v8-heap': 128, 'array-buffers': 128, native: 128 };
/** What still grows in the second half grows at least this much as fast as in the first. */
const STEADY = 0.5;

interface Look {
  /** Calls before it. */
  readonly call: number;
  readonly memory: ProcessMemory;
}

interface Point {
  readonly call: number;
  readonly bytes: number;
}

/** Memory of the process that was looked at most, by owner; null where nobody looked twice. */
export function memoryFigure(recordings: readonly Recording[]): MemoryFigure | null {
  const all = recordings.map((recording) => ({ recording, looks: looksOf(recording) }));
  const [most] = all.sort((a, b) => b.looks.length - a.looks.length);
  if (most === undefined || most.looks.length < 2) return null;
  const { recording, looks } = most;
  const warm = looks.filter(({ call }) => call >= WARM_UP_SHARE * recording.calls.length);
  const collections = collectionsIn(recording);
  return {
    calls: recording.calls.length,
    looks: looks.length,
    highestRssBytes: looks.reduce((most, { memory }) => Math.max(most, memory.rssBytes), 0),
    owners: MEMORY_OWNERS.flatMap((owner) => ownerFigure(owner, warm, collections) ?? []),
  };
}

const looksOf = ({ calls }: Recording): readonly Look[] =>
  calls.flatMap(({ memory }, call) => (memory === undefined ? [] : [{ call, memory }]));

/** Full collections after the warm-up: before one, garbage looks as if it stayed. */
function collectionsIn({ gc, calls }: Recording): number {
  const from = calls[Math.floor(WARM_UP_SHARE * calls.length)]?.startNanos ?? Infinity;
  return gc.filter(({ type, startNanos }) => type === 'mark-sweep-compact' && startNanos >= from).length;
}

/** Null where this owner cannot be told. */
function ownerFigure(owner: MemoryOwner, looks: readonly Look[], collections: number): OwnerFigure | null {
  const points = looks.flatMap(({ call, memory }): Point[] => {
    const bytes = bytesOf(owner, memory);
    return bytes === undefined ? [] : [{ call, bytes }];
  });
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.every(({ bytes }) => bytes === 0)) return null;
  const collected = owner === 'v8-heap' || owner === 'array-buffers';
  return {
    owner,
    fromBytes: first.bytes,
    toBytes: last.bytes,
    growth: collected && collections < MIN_COLLECTIONS ? { kind: 'unknown', why: 'few-collections' } : growthOf(points, owner),
  };
}

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
    case 'native':
      return heapTotalBytes === undefined ? undefined : Math.max(0, rssBytes - heapTotalBytes - externalBytes - (tensorBytes ?? 0));
  }
}

/**
 * Whether memory grows with the calls: the slope through the lowest points of blocks of looks (what is there before a collection
 * is not held), by Theil and Sen, with their distribution-free interval of 99 %.
 */
export function growthOf(points: readonly Point[], owner: MemoryOwner): Growth {
  const count = Math.min(MAX_BLOCKS, Math.floor(points.length / 3));
  if (count < MIN_BLOCKS) return { kind: 'unknown', why: 'few-looks' };
  const floors = Array.from({ length: count }, (_, at) =>
    points
      .slice(Math.floor((at * points.length) / count), Math.floor(((at + 1) * points.length) / count))
      .reduce((low, point) => (point.bytes < low.bytes ? point : low)),
  );
  const slopes = slopesOf(floors);
  const bytesPerCall = median(slopes) ?? 0;
  const reach = Z_99 * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const low = slopes[Math.max(0, Math.floor((slopes.length - reach) / 2))] ?? 0;
  const high = slopes[Math.min(slopes.length - 1, Math.ceil((slopes.length + reach) / 2))] ?? 0;
  const middle = count >> 1;
  const [early, late] = [median(slopesOf(floors.slice(0, middle + 1))) ?? 0, median(slopesOf(floors.slice(middle))) ?? 0];
  const calls = (floors.at(-1)?.call ?? 0) - (floors[0]?.call ?? 0);
  const grows = low > 0 && late >= STEADY * early && bytesPerCall >= MIN_BYTES_PER_CALL[owner] && bytesPerCall * calls >= MIN_BYTES[owner];
  return { kind: grows ? 'grows' : 'none', bytesPerCall, interval: [low, high] };
}

/** Of all pairs, ascending. */
function slopesOf(points: readonly Point[]): readonly number[] {
  const slopes = points.flatMap((from, at) =>
    points.slice(at + 1).flatMap((to) => (to.call > from.call ? [(to.bytes - from.bytes) / (to.call - from.call)] : [])),
  );
  return slopes.sort((a, b) => a - b);
}
