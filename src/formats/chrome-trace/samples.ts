import type { ForeignProfile } from '../../model/foreign.js';
import { append } from '../../model/append.js';
import { asList, asNumber, asRecord, asText, asTime, asWhole, idText } from '../checks.js';
import { stackNode, treeOfSamples, type StackNode, type TimedSample } from '../sampled-stacks.js';

interface Sampled {
  readonly process: string;
  tid: string;
  readonly nodes: Map<number, StackNode>;
  readonly samples: TimedSample[];
  startMicros: number | null;
  endMicros: number | null;
  /** Where the deltas of the next chunk go on; chunks come in order. */
  nowMicros: number;
  unknown: number;
}

type Event = Readonly<Record<string, unknown>>;

/** JavaScript that was sampled while a trace was taken: V8's `Profile` begins a thread's, `ProfileChunk`s carry it. */
export class ChromeSamples {
  readonly #profiles = new Map<string, Sampled>();

  /** Takes one event; false when it is another one. */
  add(event: Event, process: string, tid: string): boolean {
    const [name, data] = [event['name'], asRecord(asRecord(event['args'])?.['data'])];
    if ((name !== 'Profile' && name !== 'ProfileChunk' && name !== 'CpuProfile') || data === undefined) return false;
    const id = name === 'CpuProfile' ? `whole ${tid}` : String(asText(event['id']) ?? asNumber(event['id']) ?? '');
    const sampled = this.#sampled(`${process}/${id}`, process, tid, new Map());
    const profile = asRecord(data['cpuProfile']);
    const start = asTime(data['startTime'] ?? profile?.['startTime']);
    if (start !== undefined) {
      // The thread that was sampled; chunks come from V8's own.
      sampled.tid = tid;
      sampled.startMicros = start;
    }
    sampled.endMicros = asTime(data['endTime'] ?? profile?.['endTime']) ?? sampled.endMicros;
    if (profile !== undefined) addChunk(sampled, profile, data);
    return true;
  }

  /**
   * Takes the lists beside the events that the trace event format has for samples of any profiler (Hermes writes them): each
   * sample names the innermost of the `stackFrames`, which name who called them.
   */
  addListed(samples: readonly unknown[], stackFrames: Event): void {
    const frames = new Map(Object.keys(stackFrames).map((id, i) => [id, i]));
    const nodes = new Map(
      [...frames].map(([id, i]): [number, StackNode] => {
        const frame = asRecord(stackFrames[id]);
        return [i, { name: asText(frame?.['name']) ?? '(nameless)', parent: frames.get(idText(frame?.['parent'])), hits: 0 }];
      }),
    );
    for (const each of samples) {
      const sample = asRecord(each);
      const [process, tid, at] = [idText(sample?.['pid']), idText(sample?.['tid']), asTime(sample?.['ts'])];
      const sampled = this.#sampled(`listed ${process}/${tid}`, process, tid, nodes);
      const node = frames.get(idText(sample?.['sf']));
      if (node === undefined || at === undefined) sampled.unknown++;
      else sampled.samples.push({ node, at });
    }
  }

  #sampled(key: string, process: string, tid: string, nodes: Map<number, StackNode>): Sampled {
    const known = this.#profiles.get(key) ?? {
      process,
      tid,
      nodes,
      samples: [],
      startMicros: null,
      endMicros: null,
      nowMicros: 0,
      unknown: 0,
    };
    this.#profiles.set(key, known);
    return known;
  }

  /** A profile for each thread that was sampled. @throws UserError when nodes go in a circle */
  profiles(file: string, nameOf: (process: string, tid: string) => string | null): readonly ForeignProfile[] {
    const used = new Map<string, number>();
    return [...this.#profiles.values()]
      .filter(({ samples }) => samples.length > 0)
      .map((sampled): ForeignProfile => {
        const plain = `JavaScript of ${nameOf(sampled.process, sampled.tid) ?? file}`;
        const number = (used.get(plain) ?? 0) + 1;
        used.set(plain, number);
        const name = number === 1 ? plain : `${plain} ${number}`;
        const notes =
          sampled.unknown === 0 ? [] : [`${name}: ${sampled.unknown} samples are of functions that the trace does not name: left out.`];
        const start = sampled.startMicros ?? 0;
        const samples = sampled.samples.map(({ node, at }) => ({ node, at: at + start }));
        return {
          name,
          format: 'chrome-trace',
          unit: 'time',
          taken: 'samples',
          tree: treeOfSamples(file, name, sampled.nodes, samples, sampled.endMicros),
          notes,
        };
      });
  }
}

function addChunk(sampled: Sampled, profile: Event, data: Event): void {
  for (const each of asList(profile['nodes']) ?? []) {
    const node = asRecord(each);
    const [id, made] = [asWhole(node?.['id']), node === undefined ? null : stackNode(node)];
    if (id !== undefined && made !== null) sampled.nodes.set(id, made);
  }
  for (const each of asList(profile['nodes']) ?? []) {
    for (const child of asList(asRecord(each)?.['children']) ?? []) {
      const below = sampled.nodes.get(asWhole(child) ?? -1);
      if (below !== undefined) below.parent ??= asWhole(asRecord(each)?.['id']);
    }
  }
  const deltas = asList(data['timeDeltas']) ?? asList(profile['timeDeltas']) ?? [];
  const timed = (asList(profile['samples']) ?? []).map((node, i) => {
    sampled.nowMicros += asTime(deltas[i]) ?? 0;
    return { node: asWhole(node) ?? -1, at: sampled.nowMicros };
  });
  const known = timed.filter(({ node }) => sampled.nodes.has(node));
  sampled.unknown += timed.length - known.length;
  append(sampled.samples, known);
}
