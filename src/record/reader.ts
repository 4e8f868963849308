import { append } from '../model/append.js';
import { cleanFlags } from '../model/environment-variables.js';
import { UserError } from '../model/errors.js';
import { LATEST_SPAN_NANOS, LONGEST_SPAN_NANOS, RECORDING_VERSION } from '../model/recording.js';
import type { CallRecord, GcPause, Recording, RecordingMeta } from '../model/recording.js';
import type { OutsideKernel } from '../model/outside-operations.js';
import type { Parity } from '../model/parity.js';
import type { Trial } from '../model/trial.js';
import type { Conditions } from '../model/trust.js';
import { shownPath } from '../model/shown-address.js';
import type { MachinePeak } from '../model/roofline.js';
import type { RunFacts } from '../model/run-facts.js';
import { SPAN_KINDS, type SpanColumns, type SpanDetail } from '../model/span.js';
import { STAGES } from '../model/stage.js';
import { namedVariant } from '../model/variant.js';
import { emptyColumns, putSpans } from './columns.js';
import { CHUNK, CHUNK_HEADER_BYTES, HEADER_BYTES, MAGIC, SPAN_BYTES, checksum } from './format.js';
import { chunkProblem } from './schema.js';
import { piecesOfBytes, withPiecesOfFile, type Pieces } from './pieces.js';
import { knownNotes } from './run-schema.js';

const NAMES = new Map<number, string>(Object.entries(CHUNK).map(([name, type]) => [type, name]));

/** What the writer says it has written. `lostCalls`: made after recording had to stop. */
interface EndCounts {
  readonly spans: number;
  readonly calls: number;
  readonly lostSpans: number;
  readonly lostCalls?: number;
}

interface Parts {
  meta: RecordingMeta | undefined;
  readonly strings: string[];
  readonly details: SpanDetail[];
  readonly spans: SpanColumns;
  readonly calls: CallRecord[];
  readonly gc: GcPause[];
  /** Rows of `spans` so far. */
  rows: number;
  peak: MachinePeak | undefined;
  /** Once it was met. */
  end: EndCounts | undefined;
  conditions: Conditions | undefined;
  trials: readonly Trial[] | undefined;
  parity: Parity | undefined;
  run: RunFacts | undefined;
  outside: readonly OutsideKernel[] | undefined;
}

/**
 * Reads a recording file.
 *
 * A file that was cut off (the process was killed) reads back up to its last whole chunk with `complete: false`.
 * @throws UserError when it is not a recording, has an unknown version, or is damaged: the field is named.
 */
export function readRecording(file: string): Recording {
  return withPiecesOfFile(file, (pieces) => decodePieces(pieces, file));
}

/**
 * Reads the recordings of one run. A file that was cut off before anything was recorded in it (a thread ended as it began,
 * a full disk) is left out where another one has something to tell. @throws UserError as {@link readRecording}
 */
export function readRecordings(files: readonly string[]): Recording[] {
  const begun = files.filter((file) => !withPiecesOfFile(file, isCutOffAtOnce));
  const read = (begun.length === 0 ? files : begun).map(readRecording);
  const told = read.filter(({ calls, lostCalls }) => calls.length > 0 || lostCalls !== undefined);
  return told.length === 0 ? read : told;
}

/** Shorter than its first chunk says. */
function isCutOffAtOnce(pieces: Pieces): boolean {
  const first = HEADER_BYTES + CHUNK_HEADER_BYTES;
  return pieces.length < first || pieces.length < first + pieces.at(HEADER_BYTES + 4, 4).readUInt32LE();
}

/** {@link readRecording} on bytes; `file` is for messages. */
export const decodeRecording = (bytes: Buffer, file: string): Recording => decodePieces(piecesOfBytes(bytes), file);

function decodePieces(pieces: Pieces, file: string): Recording {
  checkHeader(pieces, file);
  const parts: Parts = {
    meta: undefined,
    strings: [],
    details: [],
    spans: emptyColumns(rowsIn(pieces)),
    calls: [],
    gc: [],
    rows: 0,
    end: undefined,
    conditions: undefined,
    peak: undefined,
    trials: undefined,
    parity: undefined,
    run: undefined,
    outside: undefined,
  };
  for (const { offset, type, sum, length } of chunksOf(pieces)) {
    const payload = pieces.at(offset + CHUNK_HEADER_BYTES, length);
    const name = NAMES.get(type);
    if (checksum(type, payload) !== sum) throw damaged(file, offset, `the checksum of ${name ?? `a chunk of kind ${type}`} does not match`);
    if (name !== undefined) take(parts, name, payload, (why) => damaged(file, offset, why));
  }
  return assemble(parts, file);
}

interface Chunk {
  readonly offset: number;
  readonly type: number;
  readonly length: number;
  readonly sum: number;
}

/** Chunks that are whole. */
function* chunksOf(pieces: Pieces): Iterable<Chunk> {
  let offset = HEADER_BYTES;
  while (offset + CHUNK_HEADER_BYTES <= pieces.length) {
    const header = pieces.at(offset, CHUNK_HEADER_BYTES);
    const chunk = { offset, type: header.readUInt32LE(0), length: header.readUInt32LE(4), sum: header.readUInt32LE(8) };
    const end = offset + CHUNK_HEADER_BYTES + chunk.length;
    if (end > pieces.length) break;
    yield chunk;
    offset = end;
  }
}

/** Rows that all chunks of spans have room for: columns are made once, as long as they become. */
function rowsIn(pieces: Pieces): number {
  let rows = 0;
  for (const { type, length } of chunksOf(pieces)) if (type === CHUNK.spans) rows += Math.max(0, Math.floor((length - 16) / SPAN_BYTES));
  return rows;
}

function checkHeader(pieces: Pieces, file: string): void {
  const bytes = pieces.at(0, Math.min(HEADER_BYTES, pieces.length));
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new UserError(`${file} is not an Inferscope recording; give a file or run folder that \`inferscope profile\` wrote.`);
  }
  const version = bytes.readUInt32LE(MAGIC.length);
  if (version !== RECORDING_VERSION) {
    throw new UserError(
      `${file} has recording version ${version}, this Inferscope reads version ${RECORDING_VERSION}: use the Inferscope that wrote it, or record again.`,
    );
  }
}

const damaged = (file: string, offset: number, why: string): UserError =>
  new UserError(`The recording ${file} is damaged in the chunk at byte ${offset}: ${why}; restore it from a copy or record again.`);

function take(parts: Parts, name: string, payload: Buffer, error: (why: string) => UserError): void {
  if (parts.end !== undefined && !AFTER_END.has(name)) throw error(`${name} stands after the end`);
  if (name === 'spans') {
    if (payload.length < 16 || payload.length !== 16 + payload.readDoubleLE(8) * SPAN_BYTES)
      throw error('spans.count does not fit the length');
    if (payload.readDoubleLE(0) !== parts.rows) throw error(`spans.firstRow is ${payload.readDoubleLE(0)} after ${parts.rows} rows`);
    putSpans(parts.spans, parts.rows, payload);
    parts.rows += payload.readDoubleLE(8);
    return;
  }
  let value: unknown;
  try {
    value = JSON.parse(payload.toString('utf8'));
  } catch {
    throw error(`${name} is not JSON`);
  }
  const problem = chunkProblem(name, value);
  if (problem !== undefined) throw error(problem);
  if (name === 'meta') parts.meta = cleaned(value as RecordingMeta);
  else if (name === 'strings') extend(name, parts.strings, value as Table<string>, error);
  else if (name === 'details') extend(name, parts.details, value as Table<SpanDetail>, error);
  else if (name === 'calls') append(parts.calls, value as CallRecord[]);
  else if (name === 'conditions') parts.conditions = value as Conditions;
  else if (name === 'peak') parts.peak = value as MachinePeak;
  else if (name === 'trials') parts.trials = value as Trial[];
  else if (name === 'parity') parts.parity = value as Parity;
  else if (name === 'run') parts.run = knownNotes(value as RunFacts);
  else if (name === 'outside') parts.outside = value as OutsideKernel[];
  else if (name === 'gc') append(parts.gc, value as GcPause[]);
  else parts.end = checkedEnd(value as EndCounts, parts, error);
}

const AFTER_END: ReadonlySet<string> = new Set(['run', 'outside']);

/** What earlier versions took that should not be shown: variables with their values, the user's name in a path. */
const cleaned = (meta: RecordingMeta): RecordingMeta => ({
  ...meta,
  variants: meta.variants.map(namedVariant),
  model: { ...meta.model, path: meta.model.path === null ? null : shownPath(meta.model.path) },
  environment: { ...meta.environment, flags: cleanFlags(meta.environment.flags) },
});

interface Table<T> {
  readonly first: number;
  readonly values: readonly T[];
}

/** A part of a table follows what came before: one that is there twice, or missing, would give numbers to other names. */
function extend<T>(name: string, known: T[], { first, values }: Table<T>, error: (why: string) => UserError): void {
  if (first !== known.length) throw error(`${name}.first is ${first} after ${known.length}`);
  append(known, values);
}

function checkedEnd(end: EndCounts, { calls, rows }: Parts, error: (why: string) => UserError): EndCounts {
  if (end.calls !== calls.length || end.spans !== rows)
    throw error(`it says ${end.calls} calls and ${end.spans} spans, and ${calls.length} and ${rows} are there`);
  return end;
}

function assemble(parts: Parts, file: string): Recording {
  if (parts.meta === undefined) throw new UserError(`The recording ${file} ends before its meta chunk: record again.`);
  const { end } = parts;
  const spans = end !== undefined ? parts.spans : withoutOrphans(parts.spans, parts.calls.length);
  checkSpans(spans, parts, file);
  checkCalls(spans, parts, file);
  return {
    meta: parts.meta,
    strings: parts.strings,
    details: parts.details,
    spans,
    calls: parts.calls,
    gc: parts.gc,
    lostSpans: end?.lostSpans ?? 0,
    ...(end?.lostCalls === undefined ? {} : { lostCalls: end.lostCalls }),
    ...(parts.peak === undefined ? {} : { peak: parts.peak }),
    complete: end !== undefined && end.lostCalls === undefined,
    ...(parts.conditions === undefined ? {} : { conditions: parts.conditions }),
    ...(parts.trials === undefined ? {} : { trials: parts.trials }),
    ...(parts.parity === undefined ? {} : { parity: parts.parity }),
    ...(parts.run === undefined ? {} : { run: parts.run }),
    ...(parts.outside === undefined ? {} : { outside: parts.outside }),
  };
}

/** Rows are appended call by call: where the file was cut between rows and calls, the rows at the end have no call. */
function withoutOrphans(spans: SpanColumns, calls: number): SpanColumns {
  let length = spans.length;
  while (length > 0 && (spans.call[length - 1] as number) >= calls) length--;
  return length === spans.length ? spans : { ...spans, length };
}

/** Every index in the columns must point at something: nothing downstream checks again. */
function checkSpans(spans: SpanColumns, parts: Parts, file: string): void {
  const bad = (column: string, row: number, value: number, limit: number): UserError =>
    new UserError(`The recording ${file} is damaged: spans.${column} of row ${row} is ${value}, outside 0..${limit - 1}; record again.`);
  const limits = [
    ['call', spans.call, parts.calls.length],
    ['name', spans.name, parts.strings.length],
    ['detail', spans.detail, parts.details.length],
    ['stage', spans.stage, STAGES.length],
    ['kind', spans.kind, SPAN_KINDS.length],
  ] as const;
  for (const [column, values, limit] of limits) {
    for (let row = 0; row < spans.length; row++) {
      const value = values[row] as number;
      if (value >= limit) throw bad(column, row, value, limit);
    }
  }
  for (let row = 0; row < spans.length; row++) {
    const parent = spans.parent[row] as number;
    if (parent < -1 || parent >= row) throw bad('parent', row, parent, row);
    if (parent >= 0 && spans.call[parent] !== spans.call[row])
      throw new UserError(`The recording ${file} is damaged: row ${row} of its spans is of another call than its parent; record again.`);
    const [start, duration] = [spans.startNanos[row] as number, spans.durationNanos[row] as number];
    // NaN fails both.
    if (!(duration >= 0 && duration <= LONGEST_SPAN_NANOS && Math.abs(start) <= LATEST_SPAN_NANOS))
      throw new UserError(
        `The recording ${file} is damaged: row ${row} of its spans begins at ${start} ns and takes ${duration} ns; record again.`,
      );
  }
}

/** A call is of a variant that there is, and begins with a span of its own. */
function checkCalls(spans: SpanColumns, { calls, details, meta }: Parts, file: string): void {
  calls.forEach(({ variant, rootSpan, model }, number) => {
    const known = variant < (meta?.variants.length ?? 0) && (model === undefined || details[model]?.model !== undefined);
    const root = rootSpan === -1 || (spans.parent[rootSpan] === -1 && spans.call[rootSpan] === number && rootSpan < spans.length);
    if (!known || !root)
      throw new UserError(
        `The recording ${file} is damaged: call ${number} is of ${known ? `the root span ${rootSpan}` : `variant ${variant}${model === undefined ? '' : ` and model ${model}`}`}, which it does not hold; record again.`,
      );
  });
}
