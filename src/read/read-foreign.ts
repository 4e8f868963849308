import { gunzipSync } from 'node:zlib';
import { EXIT, UserError, messageOf } from '../model/errors.js';
import { FOREIGN_FORMATS, type ForeignProfile } from '../model/foreign.js';
import type { TracesData } from '../model/otlp.js';
import { readChromeTrace } from './chrome-trace.js';
import { readCpuProfile } from './cpuprofile.js';
import { readFoldedStacks } from './folded-stacks.js';
import { asList, asRecord, damaged } from './foreign-profile.js';
import { isJaegerJson, tracesFromJaeger } from './jaeger.js';
import { decodeTraces, isTracesData, tracesFromJson } from './otlp-file.js';
import { readTraces } from './otlp.js';
import { decodePprof, isPprof, readPprof } from './pprof.js';
import { readSpeedscope } from './speedscope.js';

/** What a foreign file holds: profiles, or spans, of which {@link profilesOf} makes profiles unless they are our own. */
export type ForeignFile =
  | { readonly kind: 'profiles'; readonly profiles: readonly ForeignProfile[] }
  | { readonly kind: 'traces'; readonly name: string; readonly format: 'otlp' | 'jaeger'; readonly traces: TracesData; readonly notes: readonly string[] };

type JsonReader = (name: string, json: unknown) => ForeignFile;

const profiles = (read: (name: string, json: unknown) => readonly ForeignProfile[]): JsonReader => (name, json) => ({ kind: 'profiles', profiles: read(name, json) });
const spans = (format: 'otlp' | 'jaeger', tracesOf: (name: string, json: unknown) => TracesData): JsonReader => (name, json) => ({ kind: 'traces', name, format, traces: tracesOf(name, json), notes: [] });

/** Readers of parsed JSON, by what only that format has; asked in this order. */
const JSON_FORMATS: readonly { readonly fits: (json: unknown) => boolean; readonly read: JsonReader }[] = [
  { fits: (json) => asRecord(asRecord(json)?.['shared'])?.['frames'] !== undefined, read: profiles(readSpeedscope) },
  { fits: (json) => asList(asRecord(json)?.['nodes']) !== undefined, read: profiles(readCpuProfile) },
  { fits: (json) => asList(asRecord(json)?.['traceEvents']) !== undefined || isEventList(json), read: profiles(readChromeTrace) },
  { fits: isTracesData, read: spans('otlp', (name, json) => tracesFromJson(name, [json])) },
  { fits: (json) => isTracesData(asRecord(json)?.['result']), read: spans('otlp', (name, json) => tracesFromJson(name, [asRecord(json)?.['result']])) },
  { fits: isJaegerJson, read: spans('jaeger', tracesFromJaeger) },
];

/**
 * Reads a file another tool wrote; the format is recognised from its content, gzip is undone.
 *
 * @param name the file's name, for messages and for the unit of collapsed stacks
 * @throws UserError when no format fits or the file is damaged: one sentence that names what is wrong
 */
export function readForeignFile(name: string, bytes: Uint8Array): ForeignFile {
  const content = bytes[0] === 0x1f && bytes[1] === 0x8b ? unzip(name, bytes) : bytes;
  if (content.length === 0) throw damaged(name, 'the file is empty');
  const text = textOf(content);
  if (text !== null && /^\s*[[{]/.test(text)) return readJson(name, text);
  const binary = readBinary(name, content);
  if (binary !== null) return binary;
  if (text === null) throw unknown(name, 'binary');
  return { kind: 'profiles', profiles: readFoldedStacks(name, text) };
}

/**
 * The profiles in a file that {@link readForeignFile} read.
 *
 * @throws UserError when it is a file of spans without a span
 */
export function profilesOf(file: ForeignFile): readonly ForeignProfile[] {
  if (file.kind === 'profiles') return file.profiles;
  return readTraces(file.name, file.traces, file.format).map((profile) => ({ ...profile, notes: [...profile.notes, ...file.notes] }));
}

/** The profiles of a file another tool wrote: {@link readForeignFile} and {@link profilesOf}. */
export const readForeignProfile = (name: string, bytes: Uint8Array): readonly ForeignProfile[] => profilesOf(readForeignFile(name, bytes));

const isEventList = (json: unknown): boolean => (asList(json) ?? []).some((event) => asRecord(event)?.['ph'] !== undefined);

/** UTF-8 text without its byte order mark; null for bytes that are none. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Protobuf says nothing of its type: what decodes and holds what only this format does, is it. */
function readBinary(name: string, bytes: Uint8Array): ForeignFile | null {
  const profile = decodePprof(bytes);
  if (profile !== null && isPprof(profile)) return { kind: 'profiles', profiles: readPprof(name, profile) };
  const traces = decodeTraces(name, bytes);
  return traces === null ? null : { kind: 'traces', name, format: 'otlp', traces, notes: [] };
}

const unknown = (name: string, what: string): UserError =>
  new UserError(`${name} is ${what}, but none of the formats that Inferscope reads, or damaged: ${FOREIGN_FORMATS.join(', ')}.`, EXIT.badInput);

function readJson(name: string, text: string): ForeignFile {
  const lines = linesOfTraces(name, text);
  if (lines !== null) return { kind: 'traces', name, format: 'otlp', traces: tracesFromJson(name, lines.documents), notes: lines.notes };
  const json = parse(name, text);
  const format = JSON_FORMATS.find(({ fits }) => fits(json));
  if (format === undefined) throw unknown(name, 'JSON');
  return format.read(name, json);
}

/** The objects of a file with one `TracesData` a line; null for anything else. A last line that is cut off is noted. */
function linesOfTraces(name: string, text: string): { readonly documents: readonly unknown[]; readonly notes: readonly string[] } | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const first = lines.length < 2 ? undefined : tryParse(lines[0] ?? '');
  if (first === undefined || !isTracesData(first)) return null;
  const documents: unknown[] = [];
  for (const [i, line] of lines.entries()) {
    const document = tryParse(line);
    if (document !== undefined) documents.push(document);
    else if (i < lines.length - 1) throw damaged(name, `line ${i + 1} is not complete JSON`);
  }
  return { documents, notes: documents.length < lines.length ? ['The last line is cut off: it is left out.'] : [] };
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Chrome's own traces may lack the closing bracket: the format allows it.
    const mended = text.trimEnd().replace(/,$/, '');
    const closed = mended.startsWith('[') && !mended.endsWith(']') ? tryParse(`${mended}]`) : undefined;
    if (closed !== undefined) return closed;
    throw new UserError(`${name} is not complete JSON: ${messageOf(cause).replace(/\s+/g, ' ').slice(0, 120)}.`, EXIT.badInput, { cause });
  }
}

function unzip(name: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new UserError(`${name} is compressed, but damaged.`, EXIT.badInput, { cause });
  }
}
