/**
 * Documents of OTLP in the lines of a log: what a collector prints goes through Docker, Kubernetes, systemd and stores of logs,
 * each of which writes its own words before a line or packs it into JSON.
 */
import { stripVTControlCharacters } from 'node:util';
import { parsedJson } from '../../model/parsed-json.js';
import { asRecord, asText } from '../checks.js';
import { textLines } from '../lines.js';
import type { ByteSource } from '../source.js';

/** How a document begins, as it is and within a text of JSON. */
const PLAIN = /\{\s*"resource_?(?:[sS]pans|[mM]etrics|[lL]ogs)"/;
const QUOTED = /"\s*\{\s*\\"resource_?(?:[sS]pans|[mM]etrics|[lL]ogs)\\"/;

/** What containerd and CRI-O write: a `P`art of a line is followed by the rest of it. */
const KUBERNETES = /^\S+ (stdout|stderr) ([PF])(?:\S*) (.*)$/s;

/** What Docker writes: of a long line, all parts but the last lack its end. */
const DOCKER = /^\{"log":"/;

export interface LoggedDocuments {
  /** The documents, one a line. */
  readonly documents: ByteSource;
  /** Lines that hold none. */
  readonly otherLines: number;
}

/** The documents in a log; null for a text that has none, or is nothing but documents. */
export function documentsInLog(source: ByteSource): LoggedDocuments | null {
  let [found, wrapped, otherLines, broken] = [0, 0, 0, 0];
  for (const { line, isWrapped } of wholeLines(source)) {
    const documents = documentsIn(line);
    found += documents.length;
    if (documents.length === 0 && line.trim() !== '') otherLines++;
    if (documents.length === 0 && line.startsWith('{') && asRecord(parsedJson(line)) === undefined) broken++;
    if (documents.length > 0 && (isWrapped || documents[0] !== line.trim())) wrapped++;
  }
  // Documents as they are with a broken one among them are no log, but damaged.
  if (found === 0 || wrapped + otherLines === 0 || (wrapped === 0 && broken > 0)) return null;
  return { documents: { name: source.name, chunks: () => documentChunks(source) }, otherLines };
}

function* documentChunks(source: ByteSource): Iterable<Uint8Array> {
  for (const { line } of wholeLines(source)) for (const document of documentsIn(line)) yield Buffer.from(`${document}\n`);
}

function documentsIn(line: string): readonly string[] {
  const quoted = quotedDocuments(line);
  if (quoted.length > 0) return quoted;
  const at = PLAIN.exec(line)?.index;
  if (at === undefined) return [];
  // Within a document of something else it ends before the line does.
  return at > 0 && parsedJson(line) !== undefined ? [] : [line.slice(at).trim()];
}

/** Texts of JSON that hold a document: a line of a store of logs may have several. */
function quotedDocuments(line: string): readonly string[] {
  const found: string[] = [];
  const begins = new RegExp(QUOTED, 'g');
  for (let match = begins.exec(line); match !== null; match = begins.exec(line)) {
    const end = endOfText(line, match.index);
    if (end === null) break;
    const text = asText(parsedJson(line.slice(match.index, end)));
    if (text !== undefined) found.push(text.trim());
    begins.lastIndex = end;
  }
  return found;
}

/** Where the text of JSON ends that begins with the quote at `start`. */
function endOfText(line: string, start: number): number | null {
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '"') return at + 1;
  }
  return null;
}

/** Lines as the program wrote them where its runtime cut them into parts; all others as they are. */
function* wholeLines(source: ByteSource): Iterable<{ readonly line: string; readonly isWrapped: boolean }> {
  const parts = new Map<string, string>();
  for (const written of textLines(source)) {
    const line = written.includes('\u001b') ? stripVTControlCharacters(written) : written;
    const part = partOf(line);
    if (part === null) {
      yield { line, isWrapped: false };
      continue;
    }
    const whole = `${parts.get(part.stream) ?? ''}${part.text}`;
    if (part.isLast) parts.delete(part.stream);
    else parts.set(part.stream, whole);
    if (part.isLast) yield { line: whole, isWrapped: true };
  }
  for (const line of parts.values()) yield { line, isWrapped: true };
}

interface Part {
  readonly stream: string;
  readonly text: string;
  readonly isLast: boolean;
}

function partOf(line: string): Part | null {
  const [, stream, kind, text] = KUBERNETES.exec(line) ?? [];
  if (stream !== undefined && text !== undefined) return { stream, text, isLast: kind === 'F' };
  if (!DOCKER.test(line)) return null;
  const record = asRecord(parsedJson(line));
  const log = asText(record?.['log']);
  if (log === undefined) return null;
  return { stream: asText(record?.['stream']) ?? '', text: log.replace(/\n$/, ''), isLast: log.endsWith('\n') };
}
