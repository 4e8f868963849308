import { addToGroup } from '../model/add-to-group.js';
import type { ForeignProfile } from '../model/foreign.js';
import { asList, asNumber, asRecord, asText, damaged, TreeBuilder, type FrameClass, classOfName } from './foreign-profile.js';

interface Interval {
  readonly name: string;
  readonly frame: FrameClass;
  readonly start: number;
  readonly end: number;
  readonly shapes: readonly string[];
}

/** Intervals of one thread, or of what one id did across threads; ids are as in the file. */
interface Thread {
  readonly process: string;
  /** Null for `b`/`e` events, which belong to no thread. */
  readonly tid: string | null;
  readonly intervals: Interval[];
}

/** Events as they are read: whole intervals by thread, those still open by lane, names by process and thread. */
interface Reading {
  readonly threads: Map<string, Thread>;
  readonly open: Map<string, Interval[]>;
  readonly processNames: Map<string, string>;
  readonly processLabels: Map<string, string>;
  readonly threadNames: Map<string, string>;
}

/**
 * Chrome trace event JSON: a list, or an object with `traceEvents`; `X`, `B`/`E` and `b`/`e` events, in
 * microseconds. ONNX Runtime's kernel events are named after their operation; PyTorch's keep their names. Processes
 * and threads become frames of their own where there are several, named without the ids that change with every run.
 *
 * @throws UserError that names the event at fault
 */
export function readChromeTrace(name: string, json: unknown): readonly ForeignProfile[] {
  const events = asList(json) ?? asList(asRecord(json)?.['traceEvents']);
  if (events === undefined) throw damaged(name, 'there is no list “traceEvents” in it');
  const reading: Reading = { threads: new Map(), open: new Map(), processNames: new Map(), processLabels: new Map(), threadNames: new Map() };
  for (const [i, each] of events.entries()) {
    const event = asRecord(each);
    if (event !== undefined) readEvent(name, i, event, reading);
  }
  if (reading.threads.size === 0) throw damaged(name, 'there is no event with a duration in it');
  const classes = new Map<string, FrameClass>();
  const builder = new TreeBuilder(name, (frame) => classes.get(frame) ?? classOfName(frame));
  for (const { prefix, intervals } of placed(reading)) {
    for (const { name: each, frame } of intervals) classes.set(each, frame);
    addNested(builder, prefix, intervals);
  }
  const left = [...reading.open.values()].reduce((sum, list) => sum + list.length, 0);
  return [{ name, format: 'chrome-trace', unit: 'time', taken: 'measured', tree: builder.finish('executions'), notes: left > 0 ? [`${left} events that begin never end: left out.`] : [] }];
}

/** The frames above each thread's own: its process where there are several, itself where its process has several. */
function placed({ threads, processNames, processLabels, threadNames }: Reading): readonly { readonly prefix: readonly string[]; readonly intervals: readonly Interval[] }[] {
  const processes = new Map<string, Thread[]>();
  for (const thread of threads.values()) addToGroup(processes, thread.process, thread);
  const nameProcess = namer('process');
  return [...processes].flatMap(([process, own]) => {
    const above = processes.size > 1 ? [nameProcess([processNames.get(process), processLabels.get(process)].filter((word) => word !== undefined).join(' '), [process])] : [];
    const nameThread = namer('thread');
    const nameOf = (tid: string | null): string => (tid === null ? 'asynchronous' : nameThread(threadNames.get(`${process}/${tid}`), [process, tid]));
    return own.map(({ tid, intervals }) => ({ prefix: own.length > 1 ? [...above, nameOf(tid)] : above, intervals }));
  });
}

/** Shorter numbers mean something, such as the stream of a device. */
const OS_ID_DIGITS = 3;

/** Names without the ids they may repeat, so that two runs of one program match; numbered where that makes them equal. */
function namer(kind: string): (written: string | undefined, ids: readonly string[]) => string {
  const seen = new Map<string, number>();
  return (written, ids) => {
    const words = (written ?? '').split(/\s+/).filter((word) => word !== '' && !(word.length >= OS_ID_DIGITS && ids.includes(word)));
    const plain = words.length > 0 ? words.join(' ') : kind;
    const number = (seen.get(plain) ?? 0) + 1;
    seen.set(plain, number);
    return number === 1 ? plain : `${plain} ${number}`;
  };
}

type Event = Readonly<Record<string, unknown>>;

function readEvent(file: string, index: number, event: Event, { threads, open, processNames, processLabels, threadNames }: Reading): void {
  const [process, tid] = [idText(event['pid']), idText(event['tid'])];
  const thread = `${process}/${tid}`;
  const isAsync = event['ph'] === 'b' || event['ph'] === 'e';
  const lane = isAsync ? `${thread}/${idText(event['id'] ?? asRecord(event['id2'])?.['local'])}` : thread;
  const start = asNumber(event['ts']);
  const add = (interval: Interval): void => {
    const known = threads.get(lane);
    if (known === undefined) threads.set(lane, { process, tid: isAsync ? null : tid, intervals: [interval] });
    else known.intervals.push(interval);
  };
  switch (event['ph']) {
    case 'M': {
      const written = asText(asRecord(event['args'])?.['name']);
      if (written !== undefined && event['name'] === 'thread_name') threadNames.set(thread, written);
      if (written !== undefined && event['name'] === 'process_name') processNames.set(process, written);
      // PyTorch calls every device's lane after its process; the label says which device.
      const label = asText(asRecord(event['args'])?.['labels']);
      if (label !== undefined && event['name'] === 'process_labels') processLabels.set(process, label);
      return;
    }
    case 'X': {
      if (start === undefined) throw damaged(file, `traceEvents[${index}].ts is missing`);
      const interval = intervalOf(event, start, start + Math.max(0, asNumber(event['dur']) ?? 0));
      if (interval !== null) add(interval);
      return;
    }
    case 'B':
    case 'b': {
      if (start === undefined) throw damaged(file, `traceEvents[${index}].ts is missing`);
      const interval = intervalOf(event, start, start);
      if (interval !== null) addToGroup(open, lane, interval);
      return;
    }
    case 'E':
    case 'e': {
      const begun = open.get(lane)?.pop();
      if (begun !== undefined && start !== undefined) add({ ...begun, end: Math.max(begun.start, start) });
      return;
    }
    default:
      return;
  }
}

const idText = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

function intervalOf(event: Event, start: number, end: number): Interval | null {
  const args = asRecord(event['args']) ?? {};
  const category = asText(event['cat']) ?? '';
  const written = asText(event['name']) ?? '(nameless)';
  // ONNX Runtime: `<node>_fence_before` and `_after` are empty markers around the kernel.
  if (category === 'Node' && /_fence_(?:before|after)$/.test(written)) return null;
  // PyTorch: the window that its profiler was on, beside the threads that ran in it.
  if (category === 'Trace' && event['pid'] === 'Spans') return null;
  const op = asText(args['op_name']);
  const shapes = [args['input_type_shape'], args['Input Dims']].filter((value) => value !== undefined).map((value) => JSON.stringify(value).slice(0, 200));
  return { name: op ?? written, frame: classOf(category, written), start, end, shapes };
}

/** Categories of ONNX Runtime (`Session`, `Node`), PyTorch (`cpu_op`, `kernel`, …) and Inferscope (stages). */
function classOf(category: string, name: string): FrameClass {
  if (['Node', 'cpu_op', 'kernel', 'kernel-execution', 'Op'].includes(category)) return { stage: 'kernel-execution', kind: 'kernel' };
  if (['data-adapter', 'graph-building', 'fetch', 'glue', 'gc', 'tool', 'unexplained'].includes(category)) return { stage: category as FrameClass['stage'], kind: 'dispatch' };
  if (category === 'Session' && /load|initiali[sz]/.test(name)) return { stage: 'graph-building', kind: 'pass' };
  if (/^gpu_memcpy|memcpy/i.test(category)) return { stage: 'data-adapter', kind: 'transfer' };
  return classOfName(name);
}

/** Self times of nested intervals of one thread: earlier first, of equals the longer. */
function addNested(builder: TreeBuilder, prefix: readonly string[], intervals: readonly Interval[]): void {
  const sorted = [...intervals].sort((a, b) => a.start - b.start || b.end - a.end);
  const open: { interval: Interval; path: readonly string[]; inner: number }[] = [];
  const close = (): void => {
    const top = open.pop();
    if (top !== undefined) builder.add(top.path, Math.max(0, top.interval.end - top.interval.start - top.inner) * 1000, { shapes: top.interval.shapes });
  };
  for (const interval of sorted) {
    for (let top = open.at(-1); top !== undefined && top.interval.end <= interval.start; top = open.at(-1)) close();
    const above = open.at(-1);
    if (above !== undefined) above.inner += Math.min(interval.end, above.interval.end) - interval.start;
    open.push({ interval, path: [...(above?.path ?? prefix), interval.name], inner: 0 });
  }
  while (open.length > 0) close();
}
