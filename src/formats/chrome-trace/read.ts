import { addToGroup } from '../../model/add-to-group.js';
import type { ForeignProfile } from '../../model/foreign.js';
import { asRecord, asText, asTime, counted, damaged, idText, inBrackets, isAmount } from '../checks.js';
import { ChromeNames, type Track } from './names.js';
import { pairEdges, type Edge, type Pairs } from './open.js';
import { ChromeSamples } from './samples.js';
import { derivedNotes } from '../derived-lines.js';
import { classOfName, TreeBuilder, type FrameClass, type Place } from '../foreign-profile.js';
import { addNested, coveredNanos, Intervals, type Kind } from '../nest.js';

type Event = Readonly<Record<string, unknown>>;

/** Begins are of a kind that ran on a track. */
type Begun = { readonly kind: Kind; readonly track: string; readonly process: string; readonly tid: string | null };

/** Phases that are no duration, by what a note calls them. Flow arrows only link what is read anyhow. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  C: 'counter',
  i: 'instant',
  I: 'instant',
  n: 'instant',
  T: 'instant',
  p: 'instant',
  R: 'instant',
  s: 'flow',
  t: 'flow',
  f: 'flow',
  P: 'sample',
  N: 'object',
  O: 'object',
  D: 'object',
  v: 'memory dump',
  V: 'memory dump',
  c: 'clock',
  '(': 'context',
  ')': 'context',
};

/**
 * Chrome trace event JSON, event by event: `X`, `B`/`E`, asynchronous `b`/`e` and `S`/`F` events, in microseconds, and
 * JavaScript that V8 sampled (`ProfileChunk`). ONNX Runtime's kernel events are named after their operation; PyTorch's keep
 * their names. Processes and threads become frames of their own where there are several, named without the ids that change
 * with every run. What is no duration is counted in a note.
 */
export class ChromeTrace {
  readonly #file: string;
  readonly #names = new ChromeNames();
  readonly #samples = new ChromeSamples();
  readonly #tracks = new Map<string, Track<Intervals>>();
  readonly #kinds = new Map<string, Kind>();
  readonly #edges: Edge<Begun>[] = [];
  readonly #leftOut = new Map<string, number>();
  #events = 0;
  /** Whole events whose duration was never written: they still ran when the trace ended. */
  #wholeOpen = 0;
  #firstMicros: number | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  /** Events that were taken, of whatever phase. */
  get events(): number {
    return this.#events;
  }

  add(value: unknown): void {
    const event = asRecord(value);
    if (event === undefined) return;
    this.#events++;
    const [process, tid] = [idText(event['pid']), idText(event['tid'])];
    switch (event['ph']) {
      case 'M':
        return this.#names.add(event, process, tid);
      case 'X':
        return this.#whole(event, process, tid);
      case 'B':
      case 'E':
        return this.#edge(event, { lane: `${process}/${tid}`, widerLane: null, process, tid, isBegin: event['ph'] === 'B' });
      case 'b':
      case 'S':
      case 'e':
      case 'F':
        return this.#asynchronous(event, process);
      default:
        if (!this.#samples.add(event, process, tid)) this.#leave(LEFT_OUT[asText(event['ph']) ?? ''] ?? 'other');
    }
  }

  /** Takes the samples that stand beside the events. */
  addSamples(samples: readonly unknown[], stackFrames: Event): void {
    this.#samples.addListed(samples, stackFrames);
  }

  /** @throws UserError when nothing in the trace takes time */
  finish(): readonly ForeignProfile[] {
    const pairs = pairEdges(this.#edges);
    for (const { begun, start, end } of pairs.closed)
      this.#track(begun.track, begun.process, begun.tid).push(begun.kind, start, end - start);
    const sampled = this.#samples.profiles(this.#file, (process, tid) => this.#names.thread(process, tid));
    if (this.#tracks.size === 0 && sampled.length === 0)
      throw damaged(this.#file, `there is no event with a duration in it${inBrackets(this.#notes(pairs, 0))}`);
    const builder = new TreeBuilder(this.#file);
    let overlapping = 0;
    const asynchronous = new Map<Place, Intervals[]>();
    for (const { prefix, tid, content } of this.#names.place(this.#tracks.values())) {
      const place = prefix.reduce((above, name) => builder.below(above, name), builder.root);
      overlapping += addNested(builder, place, content);
      if (tid === null) addToGroup(asynchronous, place, content);
    }
    for (const [place, tracks] of asynchronous) builder.setTotal(place, coveredNanos(tracks));
    const notes = this.#notes(pairs, overlapping);
    const [first, ...others] = sampled;
    if (this.#tracks.size === 0 && first !== undefined) return [{ ...first, notes: [...first.notes, ...notes] }, ...others];
    return [
      { name: this.#file, format: 'chrome-trace', unit: 'time', taken: 'measured', tree: builder.finish('executions'), notes },
      ...sampled,
    ];
  }

  /** What is not in the tree, or not as it was written. */
  #notes(pairs: Pairs<Begun>, overlapping: number): readonly string[] {
    const neverEnd = pairs.neverEnd + this.#wholeOpen;
    return [
      ...derivedNotes(this.#names.derived),
      ...(neverEnd > 0 ? [`${counted(neverEnd, 'event that begins never ends', 'events that begin never end')}: left out.`] : []),
      ...(pairs.neverBegin > 0
        ? [`${counted(pairs.neverBegin, 'event that ends never began', 'events that end never began')}: left out.`]
        : []),
      ...(overlapping > 0
        ? [
            `${counted(overlapping, 'event overlaps', 'events overlap')} with another one that does not hold it: they stand side by side, each with its whole time.`,
          ]
        : []),
      ...(this.#leftOut.size > 0
        ? [`Left out: ${[...this.#leftOut].map(([what, count]) => counted(count, `${what} event`)).join(', ')}.`]
        : []),
    ];
  }

  #leave(what: string): void {
    this.#leftOut.set(what, (this.#leftOut.get(what) ?? 0) + 1);
  }

  #track(key: string, process: string, tid: string | null): Intervals {
    const known = this.#tracks.get(key) ?? { process, tid, content: new Intervals() };
    this.#tracks.set(key, known);
    return known.content;
  }

  /** Nanoseconds since the first event that has a time: those since 1970 would not fit exactly. */
  #moment(micros: unknown): number | undefined {
    const time = asTime(micros);
    if (time === undefined) return undefined;
    this.#firstMicros ??= time;
    const nanos = (time - this.#firstMicros) * 1000;
    return isAmount(Math.abs(nanos)) ? nanos : undefined;
  }

  #whole(event: Event, process: string, tid: string): void {
    const start = this.#moment(event['ts']);
    const duration = (event['dur'] === undefined ? 0 : (asTime(event['dur']) ?? -1)) * 1000;
    if (start === undefined || !isAmount(duration)) return this.#leave('mistimed');
    const kind = this.#kindOf(event);
    if (event['dur'] === undefined && event['tdur'] === undefined) this.#wholeOpen++;
    else if (kind !== null) this.#track(`${process}/${tid}`, process, tid).push(kind, start, duration);
  }

  #edge(
    event: Event,
    where: {
      readonly lane: string;
      readonly widerLane: string | null;
      readonly process: string;
      readonly tid: string | null;
      readonly isBegin: boolean;
    },
  ): void {
    const at = this.#moment(event['ts']);
    if (at === undefined) return this.#leave('mistimed');
    const { lane, widerLane, process, tid, isBegin } = where;
    const kind = isBegin ? this.#kindOf(event) : null;
    if (isBegin && kind === null) return;
    this.#edges.push({
      name: asText(event['name']) ?? null,
      at,
      lane,
      widerLane,
      begun: kind === null ? null : { kind, track: lane, process, tid },
    });
  }

  /** By scope, category and id; the id is of one process unless it says that it is global. Threads do not matter. */
  #asynchronous(event: Event, process: string): void {
    const id2 = asRecord(event['id2']);
    const [local, global, plain] = [id2?.['local'], id2?.['global'], event['id']].map((id) => (id === undefined ? undefined : idText(id)));
    const group = `async ${asText(event['cat']) ?? ''}\n${asText(event['scope']) ?? ''}\n${global ?? local ?? plain ?? ''}`;
    const own = `${group}\n${process}`;
    this.#edge(event, {
      lane: global === undefined ? own : group,
      widerLane: global === undefined && local === undefined ? group : null,
      process,
      tid: null,
      isBegin: event['ph'] === 'b' || event['ph'] === 'S',
    });
  }

  /** Null for what stands beside the work and is none. Kinds are few, events many: each kind is kept once. */
  #kindOf(event: Event): Kind | null {
    const category = asText(event['cat']) ?? '';
    const written = asText(event['name']) ?? '(nameless)';
    // ONNX Runtime: `<node>_fence_before` and `_after` are empty markers around the kernel.
    if (category === 'Node' && /_fence_(?:before|after)$/.test(written)) return null;
    // PyTorch: the window that its profiler was on, beside the threads that ran in it.
    if (category === 'Trace' && event['pid'] === 'Spans') return null;
    const args = asRecord(event['args']) ?? {};
    const name = asText(args['op_name']) ?? written;
    const shapes = [args['input_type_shape'], args['Input Dims']].flatMap((value) => shapeText(value) ?? []);
    const key = [category, written, name, ...shapes].join('\n');
    const frame = isLifetime(category, event['ph']) ? LIFETIME : classOf(category, written);
    const kind = this.#kinds.get(key) ?? { name, frame, shapes, flat: FLAT.includes(category) };
    this.#kinds.set(key, kind);
    return kind;
  }
}

/** Categories of what runs on a device's stream: one after the other, or a little over each other. */
const FLAT: readonly string[] = ['kernel', 'gpu_memcpy', 'gpu_memset'];

/** From a resource's creation to its destruction, as Node's `async_hooks` sees it: nothing runs meanwhile. */
const LIFETIME: FrameClass = { stage: 'unexplained', kind: 'pass' };
const isLifetime = (category: string, phase: unknown): boolean => phase === 'b' && /\bnode\.async_hooks\b/.test(category);

const MAX_SHAPE_DEPTH = 6;
const MAX_SHAPE_TEXT = 200;

/** Shapes are short lists in lists; whatever else is found there is not printed. */
function shapeText(value: unknown): string | null {
  if (value === undefined) return null;
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_SHAPE_DEPTH || level.length > 1000) return null;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? (Object.values(each) as readonly unknown[]) : []));
  }
  return JSON.stringify(value).slice(0, MAX_SHAPE_TEXT);
}

/** Categories of ONNX Runtime (`Session`, `Node`), PyTorch (`cpu_op`, `kernel`, …) and Inferscope (stages). */
function classOf(category: string, name: string): FrameClass {
  if (['Node', 'cpu_op', 'kernel', 'kernel-execution', 'Op'].includes(category)) return { stage: 'kernel-execution', kind: 'kernel' };
  if (['data-adapter', 'queue', 'graph-building', 'fetch', 'glue', 'gc', 'tool', 'unexplained'].includes(category))
    return { stage: category as FrameClass['stage'], kind: 'dispatch' };
  if (category === 'Session' && /load|initiali[sz]/.test(name)) return { stage: 'graph-building', kind: 'pass' };
  if (/^gpu_memcpy|memcpy/i.test(category)) return { stage: 'data-adapter', kind: 'transfer' };
  return classOfName(name);
}
