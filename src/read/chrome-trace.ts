import type { ForeignProfile } from '../model/foreign.js';
import { asList, asNumber, asRecord, asText, damaged, TreeBuilder, type FrameClass, classOfName } from './foreign-profile.js';

interface Interval {
  readonly name: string;
  readonly frame: FrameClass;
  readonly start: number;
  readonly end: number;
  readonly shapes: readonly string[];
}

/**
 * Chrome trace event JSON: a list, or an object with `traceEvents`; `X`, `B`/`E` and `b`/`e` events, in
 * microseconds. ONNX Runtime's kernel events are named after their operation; PyTorch's keep their names. Threads
 * become frames of their own when there are several.
 *
 * @throws UserError that names the event at fault
 */
export function readChromeTrace(name: string, json: unknown): readonly ForeignProfile[] {
  const events = asList(json) ?? asList(asRecord(json)?.['traceEvents']);
  if (events === undefined) throw damaged(name, 'there is no list “traceEvents” in it');
  const threads = new Map<string, Interval[]>();
  const labels = new Map<string, string>();
  const open = new Map<string, Interval[]>();
  for (const [i, each] of events.entries()) {
    const event = asRecord(each);
    if (event !== undefined) readEvent(name, i, event, threads, labels, open);
  }
  if (threads.size === 0) throw damaged(name, 'there is no event with a duration in it');
  const classes = new Map<string, FrameClass>();
  const builder = new TreeBuilder(name, (frame) => classes.get(frame) ?? classOfName(frame));
  for (const [thread, intervals] of threads) {
    for (const { name: each, frame } of intervals) classes.set(each, frame);
    addNested(builder, threads.size > 1 ? [labels.get(thread) ?? `thread ${thread}`] : [], intervals);
  }
  const left = [...open.values()].reduce((sum, list) => sum + list.length, 0);
  return [{ name, format: 'chrome-trace', unit: 'time', taken: 'measured', tree: builder.finish('executions'), notes: left > 0 ? [`${left} events that begin never end: left out.`] : [] }];
}

type Event = Readonly<Record<string, unknown>>;

function readEvent(file: string, index: number, event: Event, threads: Map<string, Interval[]>, labels: Map<string, string>, open: Map<string, Interval[]>): void {
  const thread = `${idText(event['pid'])}/${idText(event['tid'])}`;
  const lane = event['ph'] === 'b' || event['ph'] === 'e' ? `${thread}/${idText(event['id'] ?? asRecord(event['id2'])?.['local'])}` : thread;
  const start = asNumber(event['ts']);
  switch (event['ph']) {
    case 'M': {
      if (event['name'] === 'thread_name') labels.set(thread, asText(asRecord(event['args'])?.['name']) ?? thread);
      return;
    }
    case 'X': {
      if (start === undefined) throw damaged(file, `traceEvents[${index}].ts is missing`);
      const interval = intervalOf(event, start, start + Math.max(0, asNumber(event['dur']) ?? 0));
      if (interval !== null) push(threads, lane, interval);
      return;
    }
    case 'B':
    case 'b': {
      if (start === undefined) throw damaged(file, `traceEvents[${index}].ts is missing`);
      const interval = intervalOf(event, start, start);
      if (interval !== null) push(open, lane, interval);
      return;
    }
    case 'E':
    case 'e': {
      const begun = open.get(lane)?.pop();
      if (begun !== undefined && start !== undefined) push(threads, lane, { ...begun, end: Math.max(begun.start, start) });
      return;
    }
    default:
      return;
  }
}

const idText = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

function push(lists: Map<string, Interval[]>, key: string, interval: Interval): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [interval]);
  else list.push(interval);
}

function intervalOf(event: Event, start: number, end: number): Interval | null {
  const args = asRecord(event['args']) ?? {};
  const category = asText(event['cat']) ?? '';
  const written = asText(event['name']) ?? '(nameless)';
  // ONNX Runtime: `<node>_fence_before` and `_after` are empty markers around the kernel.
  if (category === 'Node' && /_fence_(?:before|after)$/.test(written)) return null;
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
