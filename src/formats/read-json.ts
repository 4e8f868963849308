import type { ForeignProfile } from '../model/foreign.js';
import { asList, asRecord, asText, counted, damaged } from './checks.js';
import { ChromeTrace } from './chrome-trace/read.js';
import { cpuProfileIn, readCpuProfile } from './cpuprofile/read.js';
import type { ForeignFile } from './foreign-file.js';
import { isJaegerSpan, isZipkinSpan, JaegerTraces } from './jaeger/read.js';
import { scanJson, type ElementTaker, type JsonEnd } from './json-scan.js';
import { keepDigits, OtlpTraces, SPAN_LISTS } from './otlp/read-json.js';
import { OtlpProfiles } from './otlp-profiles/read.js';
import { knownJson, refusalOfJson, refusalOfSignals } from './recognise.js';
import type { ByteSource } from './source.js';
import { linkedSpans } from './span-forest.js';
import { readSpeedscope } from './speedscope/read.js';

/** Lists of what is one profile: kept together, however long they are. */
const GATHERED: readonly string[] = ['nodes', 'samples', 'timeDeltas', 'timestamps', 'profiles', 'shared.frames'];

/** Lists whose elements were handed over as they came. */
const HANDED_OVER: readonly string[] = [...SPAN_LISTS, 'traceEvents', 'data'];

/** Objects in which lists may be that are read element by element. */
const LOOKED_INTO: readonly string[] = ['', 'trace', 'result', 'data', 'data.trace', 'shared'];

/**
 * Reads JSON of any length: events and spans one after the other, everything else as a whole. What the file is, is seen
 * from which lists it has.
 *
 * @throws UserError when it is no JSON, cut off where that loses the meaning, or of no format that is read
 */
export const readJson = (source: ByteSource): ForeignFile => new JsonFile(source).read();

class JsonFile {
  readonly #source: ByteSource;
  readonly #chrome: ChromeTrace;
  readonly #otlp: OtlpTraces;
  readonly #jaeger: JaegerTraces;
  readonly #profiles: OtlpProfiles;
  /** Lists of the current document that are kept together. */
  readonly #gathered = new Map<string, unknown[]>();
  #documents = 0;
  #ended = 0;
  #line = 1;
  #otherElements = 0;
  #firstOther: unknown;
  #firstElement: unknown;
  #otherDocuments = 0;
  readonly #partial = new Set<string>();
  #first: unknown;

  constructor(source: ByteSource) {
    this.#source = source;
    this.#chrome = new ChromeTrace(source.name);
    this.#otlp = new OtlpTraces(source.name);
    this.#jaeger = new JaegerTraces(source.name);
    this.#profiles = new OtlpProfiles(source.name);
  }

  read(): ForeignFile {
    const end = scanJson(this.#source, {
      listAt: (path) => this.#takerOf(path),
      looksInto: (path) => LOOKED_INTO.includes(path),
      prepare: (text, path) => (SPAN_LISTS.includes(path) || path === '' ? keepDigits(text) : text),
      begin: (line) => {
        this.#documents++;
        this.#line = line;
      },
      end: (rest) => {
        this.#endDocument(rest);
      },
    });
    return this.#finish(end);
  }

  #takerOf(path: string): ElementTaker | null {
    if (path === '')
      return (element, index) => {
        this.#element(element, index);
      };
    if (path === 'traceEvents')
      return (event) => {
        this.#chrome.add(event);
      };
    if (SPAN_LISTS.includes(path))
      return (resource, index) => {
        this.#otlp.addResource(resource, `${this.#where()}resourceSpans[${index}]`);
      };
    if (path === 'data')
      return (trace, index) => {
        if (!this.#jaeger.addTrace(trace, `data[${index}]`)) this.#other(trace);
      };
    if (!GATHERED.includes(path)) return null;
    const list: unknown[] = [];
    this.#gathered.set(path, list);
    return (element) => {
      list.push(element);
    };
  }

  readonly #where = (): string => (this.#documents > 1 ? `line ${this.#line}: ` : '');

  /** An element of a list that is the whole document: an event, a span or a trace of Zipkin or Jaeger, a document of OTLP. */
  #element(element: unknown, index: number): void {
    this.#firstElement ??= element;
    const where = `[${index}]`;
    if (asRecord(element)?.['ph'] !== undefined) this.#chrome.add(element);
    else if (isZipkinSpan(element)) this.#jaeger.addZipkinSpan(element, where);
    else if (asList(element)?.some(isZipkinSpan) === true)
      asList(element)?.forEach((span, i) => {
        this.#jaeger.addZipkinSpan(span, `${where}[${i}]`);
      });
    else if (isJaegerSpan(element)) this.#jaeger.addTrace({ spans: [element] }, where);
    else if (!this.#jaeger.addTrace(element, where) && !this.#otlp.addDocument(element, `${where}.`) && !this.#otlp.addOthers(element))
      this.#other(element);
  }

  #other(element: unknown): void {
    this.#otherElements++;
    this.#firstOther ??= asList(element)?.[0] ?? element;
  }

  #endDocument(rest: unknown): void {
    this.#ended++;
    const record = asRecord(rest);
    const whole = record === undefined ? rest : this.#withGathered(record);
    const [samples, stackFrames] = [this.#gathered.get('samples'), asRecord(record?.['stackFrames'])];
    if (samples !== undefined && stackFrames !== undefined && hasPath(rest, 'traceEvents')) this.#chrome.addSamples(samples, stackFrames);
    this.#gathered.clear();
    this.#tellPart(record);
    const isTaken = rest === undefined || this.#takeDocument(record) || HANDED_OVER.some((path) => hasPath(rest, path));
    if (this.#documents === 1) this.#first = whole;
    else if (!isTaken) this.#otherDocuments++;
  }

  /** A document that is one element: an event or a trace on a line of its own. */
  #takeDocument(record: Readonly<Record<string, unknown>> | undefined): boolean {
    if (record === undefined) return false;
    if (typeof record['ph'] === 'string' && typeof record['name'] === 'string') {
      this.#chrome.add(record);
      return true;
    }
    const holdsProfiles = this.#profiles.addDocument(record);
    return (
      (record['traceID'] !== undefined && this.#jaeger.addTrace(record, `${this.#where()}trace`)) ||
      this.#otlp.addOthers(record) ||
      holdsProfiles
    );
  }

  /** Tempo gives what fits, and says so. */
  #tellPart(record: Readonly<Record<string, unknown>> | undefined): void {
    if (record?.['status'] !== 'PARTIAL') return;
    const why = asText(record['message']) ?? '';
    this.#partial.add(`The server gave a part of the trace only${why === '' ? '' : `: ${why.slice(0, 200)}`}.`);
  }

  #withGathered(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const top = Object.fromEntries([...this.#gathered].filter(([path]) => !path.includes('.')));
    const frames = this.#gathered.get('shared.frames');
    return { ...record, ...top, ...(frames === undefined ? {} : { shared: { ...asRecord(record['shared']), frames } }) };
  }

  #finish(end: JsonEnd): ForeignFile {
    const { name } = this.#source;
    const cut =
      end === 'cut'
        ? [this.#ended > 0 ? 'The last line is cut off: what is whole was read.' : 'The file is cut off: what is whole in it was read.']
        : [];
    const skipped = this.#otherElements + this.#otherDocuments;
    const notes = [...this.#partial, ...cut, ...(skipped > 0 ? [`${counted(skipped, 'entry', 'entries')} of other kinds: left out.`] : [])];
    if (this.#chrome.events > 0)
      return {
        kind: 'profiles',
        name,
        profiles: withNotes(this.#chrome.finish(), notes),
      };
    if (!this.#otlp.isEmpty)
      return {
        kind: 'traces',
        name,
        format: 'otlp',
        traces: { resourceSpans: this.#otlp.resourceSpans },
        spans: linkedSpans(this.#otlp.resourceSpans),
        notes: [...this.#otlp.notes, ...notes],
      };
    if (this.#jaeger.spans.length > 0)
      return { kind: 'traces', name, format: 'jaeger', traces: {}, spans: this.#jaeger.spans, notes: [...this.#jaeger.notes, ...notes] };
    if (!this.#profiles.isEmpty) return { kind: 'profiles', name, profiles: withNotes(this.#profiles.finish(), notes) };
    if (end !== 'whole' && this.#ended === 0) throw damaged(name, 'it is not complete JSON: the end is missing');
    return this.#readWhole();
  }

  #readWhole(): ForeignFile {
    const { name } = this.#source;
    const json = this.#first;
    const record = asRecord(json);
    const known = knownJson(name, this.#firstOther);
    if (known !== null) throw known;
    if (asRecord(record?.['shared'])?.['frames'] !== undefined) return { kind: 'profiles', name, profiles: readSpeedscope(name, json) };
    const cpuProfile = cpuProfileIn(record);
    if (cpuProfile !== undefined) return { kind: 'profiles', name, profiles: readCpuProfile(name, cpuProfile) };
    if (record !== undefined && 'traceEvents' in record) throw damaged(name, 'there is no event with a duration in it');
    if (SPAN_LISTS.some((path) => hasPath(json, path)) || (record !== undefined && 'data' in record && record['data'] === undefined))
      throw damaged(name, 'there is no span in it');
    if (this.#otlp.otherSignals.length > 0) throw refusalOfSignals(name, this.#otlp.otherSignals);
    throw refusalOfJson(name, json ?? this.#firstOther ?? this.#firstElement);
  }
}

/** True where a document has a field, also one whose elements were handed over. */
function hasPath(json: unknown, path: string): boolean {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const above = keys.reduce<unknown>((at, key) => asRecord(at)?.[key], json);
  return asRecord(above) !== undefined && last in (asRecord(above) ?? {});
}

/** The file's own notes stand with its first profile. */
const withNotes = (profiles: readonly ForeignProfile[], notes: readonly string[]): readonly ForeignProfile[] =>
  profiles.map((profile, i) => (i === 0 ? { ...profile, notes: [...profile.notes, ...notes] } : profile));
