import { UserError } from '../model/errors.js';
import type { ForeignProfile } from '../model/foreign.js';
import { counted, damaged, inBrackets } from './checks.js';
import { readFoldedStacks } from './folded/read.js';
import type { ForeignFile } from './foreign-file.js';
import { documentsInLog } from './otlp/in-logs.js';
import { otherSignalIn } from './otlp/other-signals.js';
import { decodeTraces } from './otlp/read-proto.js';
import { decodeProfiles } from './otlp-profiles/read-proto.js';
import { packetsIn } from './perfetto/packets.js';
import { readPerfetto } from './perfetto/read.js';
import { decodePprof, isPprof, readPprof } from './pprof/read.js';
import { readJson } from './read-json.js';
import { refusalByHead, refusalOfBytes, refusalOfSignals, refusalOfText } from './recognise.js';
import {
  headOf,
  isPackedMessages,
  packingOf,
  sourceOfBytes,
  sourceOfFile,
  unpacked,
  unpackedMessages,
  wholeOf,
  type ByteSource,
} from './source.js';
import { linkedSpans } from './span-forest.js';
import { readTraces } from './span-tree.js';
import { decodeXSpace, readXPlane } from './xplane/read.js';

export type { ForeignFile } from './foreign-file.js';

/** Enough to see what a file is. */
const HEAD_BYTES = 4096;
/** Protocol buffers are decoded as a whole. */
const MAX_BINARY_BYTES = 1024 * 1024 * 1024;
/** Files may be packed twice, by a tool and by whoever sent them. */
const MAX_PACKINGS = 2;

/**
 * Reads a file another tool wrote; the format is recognised from its content, gzip and zstd are undone. JSON and collapsed
 * stacks are read piece by piece and may be of any length.
 *
 * @param name the file's name, for messages and for the unit of collapsed stacks
 * @throws UserError when no format fits or the file is damaged: one sentence that names what is wrong
 */
export const readForeignPath = (name: string, file: string): ForeignFile => readSource(sourceOfFile(name, file));

/** {@link readForeignPath} of bytes. */
export const readForeignFile = (name: string, bytes: Uint8Array): ForeignFile => readSource(sourceOfBytes(name, bytes));

function readSource(packed: ByteSource): ForeignFile {
  let source = packed;
  let head = headOf(source, HEAD_BYTES);
  for (let depth = 0; depth < MAX_PACKINGS; depth++) {
    const packing = packingOf(head);
    if (packing === null) break;
    source = unpacked(source, packing);
    head = headOf(source, HEAD_BYTES);
  }
  if (isPackedMessages(head)) {
    source = unpackedMessages(source, MAX_BINARY_BYTES);
    head = headOf(source, HEAD_BYTES);
  }
  const { name } = source;
  if (head.length === 0) throw damaged(name, 'the file is empty');
  const wide = wideEncodingOf(head);
  if (wide !== null) return readWideText(source, wide);
  const refusal = refusalByHead(name, head);
  if (refusal !== null) throw refusal;
  const start = head.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  const isJson = /^\s*[[{]/.test(start) && !isBracketedFrame(start);
  try {
    if (!isJson) return readOther(source, head);
    // A protocol buffer whose first field is of 91 or 123 bytes begins with a line feed and a bracket, too.
    return (CONTROL.test(start) ? readBinary(source) : null) ?? readJson(source);
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    return readLog(source, thrown);
  }
}

/** A log with documents of OTLP in it; any other text that nobody could read throws what was said of it. */
function readLog(source: ByteSource, refusal: UserError): ForeignFile {
  const log = documentsInLog(source);
  if (log === null) throw refusal;
  const file = readJson(log.documents);
  if (file.kind !== 'traces' || log.otherLines === 0) return file;
  return { ...file, notes: [...file.notes, `${counted(log.otherLines, 'line')} of the log without telemetry: left out.`] };
}

function readOther(source: ByteSource, head: Buffer): ForeignFile {
  const text = textOf(head);
  const binary = text === null || CONTROL.test(text) ? readBinary(source) : null;
  if (binary !== null) return binary;
  if (text === null) throw refusalOfBytes(source.name, head);
  return readText(source, text);
}

/** Collapsed stacks of perf may begin with a module in brackets: `[libc.so.6];main 3`. */
const isBracketedFrame = (start: string): boolean => /^\s*\[[^\]{}",]+\][^\n]* \d+\s*(?:\n|$)/.test(start);

/** By the byte order mark, and the zero in the first character, which is of ASCII in whatever is read. */
function wideEncodingOf(head: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (head[0] === 0xff && head[1] === 0xfe && head[3] === 0) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff && head[2] === 0 ? 'utf-16be' : null;
}

/** What PowerShell writes when a tool's output is redirected. */
function readWideText(source: ByteSource, encoding: 'utf-16le' | 'utf-16be'): ForeignFile {
  const bytes = wholeOf(source, MAX_BINARY_BYTES / 4);
  return readSource(sourceOfBytes(source.name, Buffer.from(new TextDecoder(encoding).decode(bytes))));
}

/** What text does not have, and names of functions only by mistake: then it may be a protocol buffer. */
const CONTROL = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/u;

/** UTF-8, whose last character may be cut off; null for bytes that are none. */
function textOf(head: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
  } catch {
    return null;
  }
}

function readText(source: ByteSource, head: string): ForeignFile {
  try {
    return { kind: 'profiles', name: source.name, profiles: readFoldedStacks(source) };
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    if (CONTROL.test(head)) throw refusalOfBytes(source.name, Buffer.from(head));
    const line = Number(/: line (\d+) is not “/.exec(thrown.message)?.[1] ?? 0);
    const before = head.split('\n').slice(0, Math.max(0, line - 1));
    // Where nothing came before that was a stack, it is another kind of text.
    throw line > 0 && before.length === line - 1 && before.every((each) => each.trim() === '' || each.startsWith('#'))
      ? refusalOfText(source.name, line)
      : thrown;
  }
}

/** Protobuf says nothing of its type: what decodes and holds what only this format does, is it. */
function readBinary(source: ByteSource): ForeignFile | null {
  const { name } = source;
  const bytes = wholeOf(source, MAX_BINARY_BYTES);
  const profile = decodePprof(bytes);
  if (profile !== null && isPprof(profile)) return { kind: 'profiles', name, profiles: readPprof(name, profile) };
  const traces = decodeTraces(name, bytes);
  if (traces !== null)
    return {
      kind: 'traces',
      name,
      format: 'otlp',
      traces: { resourceSpans: traces.resourceSpans },
      spans: linkedSpans(traces.resourceSpans),
      notes: traces.notes,
    };
  const profiles = decodeProfiles(name, bytes);
  if (profiles !== null) return { kind: 'profiles', name, profiles: profiles.finish() };
  const space = decodeXSpace(bytes);
  if (space !== null) return { kind: 'profiles', name, profiles: readXPlane(name, space) };
  const packets = packetsIn(name, bytes);
  if (packets !== null) return { kind: 'profiles', name, profiles: readPerfetto(name, packets) };
  const signal = otherSignalIn(bytes);
  if (signal !== null) throw refusalOfSignals(name, [signal]);
  return null;
}

/**
 * The profiles in a file that {@link readForeignFile} read.
 *
 * @throws UserError when it is a file of spans without a span, or nothing in it takes time: zeros are no answer
 */
export function profilesOf(file: ForeignFile): readonly ForeignProfile[] {
  const all =
    file.kind === 'profiles'
      ? file.profiles
      : readTraces(file.name, file.spans, file.format).map((profile) => ({ ...profile, notes: [...profile.notes, ...file.notes] }));
  const [first, ...others] = all.filter(({ tree }) => tree.totalNanos > 0);
  if (first === undefined) throw damaged(file.name, `nothing in it takes time${inBrackets(all.flatMap(({ notes }) => notes))}`);
  const empty = all.filter(({ tree }) => tree.totalNanos === 0);
  if (empty.length === 0) return all;
  const left = `Nothing takes time in ${empty.map(({ name }) => `“${name}”`).join(', ')}: left out.`;
  return [{ ...first, notes: [...first.notes, ...empty.flatMap(({ notes }) => notes), left] }, ...others];
}
