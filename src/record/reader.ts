import { append } from '../model/append.js';
import { cleanFlags } from '../model/environment-variables.js';
import { UserError } from '../model/errors.js';
import { RECORDING_VERSION } from '../model/recording.js';
import type { CallRecord, GcPause, Recording, RecordingMeta } from '../model/recording.js';
import type { OutsideKernel } from '../model/outside-operations.js';
import type { Parity } from '../model/parity.js';
import type { Trial } from '../model/trial.js';
import type { Conditions } from '../model/trust.js';
import { piecesOf } from '../model/pieces.js';
import { shownPath } from '../model/shown-address.js';
import type { MachinePeak } from '../model/roofline.js';
import type { RunFacts } from '../model/run-facts.js';
import type { SpanColumns, SpanDetail } from '../model/span.js';
import { given } from '../model/given.js';
import { namedVariant } from '../model/variant.js';
import { emptyColumns } from '../model/span-rows.js';
import { putSpans } from './columns.js';
import { PagedSpans, SpanChunks, SpreadCalls, type ReadPayload } from './paged-spans.js';
import { CHUNK, CHUNK_HEADER_BYTES, HEADER_BYTES, MAGIC, SPAN_BYTES, checksum } from './format.js';
import { checkCalls, checkSpans } from './check-rows.js';
import { chunkProblem } from './schema.js';
import { withSharedTexts } from './shared-texts.js';
import { piecesOfBytes, withPiecesOfFile, type Pieces } from './pieces.js';
import { knownNotes } from './run-schema.js';

const NAMES = new Map<number, string>(Object.entries(CHUNK).map(([name, type]) => [type, name]));

/** What the writer says it has written. `lostCalls`: made after recording had to stop; `openCalls`: not ended when the program did. */
interface EndCounts {
  readonly spans: number;
  readonly calls: number;
  readonly lostSpans: number;
  readonly lostCalls?: number;
  readonly openCalls?: number;
}

interface Parts {
  meta: RecordingMeta | undefined;
  readonly strings: string[];
  readonly details: SpanDetail[];
  readonly spans: SpanColumns | SpanChunks;
  readonly calls: CallRecord[];
  readonly gc: GcPause[];
  /** Texts that many calls have, each once. */
  readonly texts: Map<string, string>;
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

export interface ReadOptions {
  /** Of a file with more, spans are read whenever they are needed; a file that will be removed is read with Infinity. Default 500,000. */
  readonly spansInMemory?: number;
}

/**
 * Reads a recording file.
 *
 * A file that was cut off (the process was killed) reads back up to its last whole chunk with `complete: false`.
 * @throws UserError when it is not a recording, has an unknown version, or is damaged: the field is named.
 */
export function readRecording(file: string, { spansInMemory = SPANS_IN_MEMORY }: ReadOptions = {}): Recording {
  return withPiecesOfFile(file, (pieces) => {
    if (rowsIn(pieces) > spansInMemory) {
      try {
        return decodePieces(pieces, file, new SpanChunks());
      } catch (thrown) {
        if (!(thrown instanceof SpreadCalls)) throw thrown;
      }
    }
    return decodePieces(pieces, file);
  });
}

/** More than so many (17 MB) are read page by page, where their chunks allow it. */
const SPANS_IN_MEMORY = 500_000;

/**
 * Reads the recordings of one run. A file that was cut off before anything was recorded in it (a thread ended as it began,
 * a full disk) is left out where another one has something to tell. @throws UserError as {@link readRecording}
 */
export function readRecordings(files: readonly string[], options: ReadOptions = {}): Recording[] {
  const begun = files.filter((file) => !withPiecesOfFile(file, isCutOffAtOnce));
  const read = (begun.length === 0 ? files : begun).map((file) => readRecording(file, options));
  const told = read.filter(({ calls, lostCalls, openCalls }) => calls.length > 0 || lostCalls !== undefined || openCalls !== undefined);
  return told.length === 0 ? read : told;
}

/** Shorter than its first chunk says. */
function isCutOffAtOnce(pieces: Pieces): boolean {
  const first = HEADER_BYTES + CHUNK_HEADER_BYTES;
  return pieces.length < first || pieces.length < first + pieces.at(HEADER_BYTES + 4, 4).readUInt32LE();
}

/** {@link readRecording} on bytes; `file` is for messages. */
export const decodeRecording = (bytes: Buffer, file: string): Recording => decodePieces(piecesOfBytes(bytes), file);

/** `chunks` gathers those of spans, which then stay in the file. @throws SpreadCalls where they cannot */
function decodePieces(pieces: Pieces, file: string, chunks?: SpanChunks): Recording {
  checkHeader(pieces, file);
  const parts: Parts = {
    meta: undefined,
    strings: [],
    details: [],
    spans: chunks ?? emptyColumns(rowsIn(pieces)),
    calls: [],
    gc: [],
    texts: new Map(),
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
    const at = offset + CHUNK_HEADER_BYTES;
    const payload = pieces.at(at, length);
    const name = NAMES.get(type);
    if (checksum(type, payload) !== sum) throw damaged(file, offset, `the checksum of ${name ?? `a chunk of kind ${type}`} does not match`);
    if (name !== undefined) take(parts, name, { payload, at }, (why) => damaged(file, offset, why));
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

/** A chunk's payload, and where it is in the file. */
interface Payload {
  readonly payload: Buffer;
  readonly at: number;
}

function take(parts: Parts, name: string, { payload, at }: Payload, error: (why: string) => UserError): void {
  if (parts.end !== undefined && !AFTER_END.has(name)) throw error(`${name} stands after the end`);
  if (name === 'spans') {
    if (payload.length < 16 || payload.length !== 16 + payload.readDoubleLE(8) * SPAN_BYTES)
      throw error('spans.count does not fit the length');
    if (payload.readDoubleLE(0) !== parts.rows) throw error(`spans.firstRow is ${payload.readDoubleLE(0)} after ${parts.rows} rows`);
    if (parts.spans instanceof SpanChunks) parts.spans.add({ offset: at, length: payload.length }, payload);
    else putSpans(parts.spans, parts.rows, payload);
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
  else if (name === 'calls') append(parts.calls, withSharedTexts(value as CallRecord[], parts.texts));
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
  const spans = parts.spans instanceof SpanChunks ? pagedSpans(parts.spans, parts, file) : spansInMemory(parts.spans, parts, file);
  return {
    meta: parts.meta,
    strings: parts.strings,
    details: parts.details,
    spans,
    ...(spans instanceof PagedSpans ? { pages: spans.pages } : {}),
    calls: parts.calls,
    gc: parts.gc,
    lostSpans: end?.lostSpans ?? 0,
    ...given({ lostCalls: end?.lostCalls, openCalls: end?.openCalls }),
    ...(parts.peak === undefined ? {} : { peak: parts.peak }),
    complete: end !== undefined && end.lostCalls === undefined,
    ...(parts.conditions === undefined ? {} : { conditions: parts.conditions }),
    ...(parts.trials === undefined ? {} : { trials: parts.trials }),
    ...(parts.parity === undefined ? {} : { parity: parts.parity }),
    ...(parts.run === undefined ? {} : { run: parts.run }),
    ...(parts.outside === undefined ? {} : { outside: parts.outside }),
  };
}

function spansInMemory(all: SpanColumns, parts: Parts, file: string): SpanColumns {
  const spans = parts.end !== undefined ? all : withoutOrphans(all, parts.calls.length);
  checkSpans(spans, parts, file);
  checkCalls(spans, parts, file);
  return spans;
}

/** @throws SpreadCalls for a file that is cut off or damaged, too: read as a whole it is told what is wrong with it. */
function pagedSpans(chunks: SpanChunks, parts: Parts, file: string): PagedSpans {
  const read: ReadPayload = ({ offset, length }) => withPiecesOfFile(file, (pieces) => pieces.at(offset, length));
  const spans = chunks.pages(parts.calls.length, read);
  if (parts.end === undefined) throw new SpreadCalls();
  for (const { recording } of piecesOf({ calls: parts.calls, spans, pages: spans.pages })) {
    try {
      checkSpans(recording.spans, { ...parts, calls: recording.calls }, file);
      checkCalls(recording.spans, { ...parts, calls: recording.calls }, file);
    } catch (cause) {
      throw new SpreadCalls('a page is damaged', { cause });
    }
  }
  return spans;
}

/** Rows are appended call by call: where the file was cut between rows and calls, the rows at the end have no call. */
function withoutOrphans(spans: SpanColumns, calls: number): SpanColumns {
  let length = spans.length;
  while (length > 0 && (spans.call[length - 1] as number) >= calls) length--;
  return length === spans.length ? spans : { ...spans, length };
}
