import { addToGroup } from '../../model/add-to-group.js';
import type { TrackDescriptor } from './packets.js';

/** Deeper than any tool nests tracks; a damaged file may go in a circle. */
const MAX_DEPTH = 64;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Where events of a trace of Perfetto stand: threads and tracks with a name of their own are threads of Chrome's JSON; of those that
 * share a name with others, or have none, each holds one asynchronous work after another.
 */
export class Tracks {
  readonly #tracks = new Map<string, TrackDescriptor>();
  #alone: ReadonlySet<string> | undefined;

  /** Tracks may be told of again, in part. */
  add(track: TrackDescriptor): void {
    const uuid = track.uuid ?? '0';
    this.#tracks.set(uuid, { ...this.#tracks.get(uuid), ...track });
    this.#alone = undefined;
  }

  /** What processes and threads are called, as events of Chrome's JSON. */
  *names(): Iterable<Fields> {
    for (const [uuid, track] of this.#tracks) {
      const { pid } = this.thread(uuid);
      const name = nameOf(track);
      if (track.process !== undefined) {
        const written = track.process.name ?? name;
        if (written !== undefined) yield { ph: 'M', name: 'process_name', pid, args: { name: written } };
      } else if (name !== undefined) yield { ph: 'M', name: 'thread_name', pid, tid: uuid, args: { name } };
    }
  }

  /** The process and thread that a track is, as Chrome's JSON names them. */
  thread(uuid: string): { readonly pid: string; readonly tid: string } {
    let at: TrackDescriptor | undefined = this.#tracks.get(uuid);
    for (let depth = 0; at !== undefined && depth < MAX_DEPTH; depth++) {
      const pid = at.thread?.pid ?? at.process?.pid;
      if (pid !== undefined) return { pid: `${pid}`, tid: uuid };
      at = at.parent === undefined ? undefined : this.#tracks.get(at.parent);
    }
    return { pid: '', tid: uuid };
  }

  /** Phase and place of an event of a track. */
  place(uuid: string, phase: string): Fields {
    const { pid, tid } = this.thread(uuid);
    if ((phase !== 'B' && phase !== 'E') || this.#standsAlone(uuid)) return { ph: phase, pid, tid };
    return { ph: phase.toLowerCase(), pid, id: uuid, scope: 'track', cat: 'track' };
  }

  #standsAlone(uuid: string): boolean {
    const track = this.#tracks.get(uuid);
    if (track?.thread !== undefined || track === undefined) return true;
    return (this.#alone ??= this.#namedAlone()).has(uuid);
  }

  /** Tracks whose name no other below the same parent has. */
  #namedAlone(): ReadonlySet<string> {
    const groups = new Map<string, string>();
    const all = new Map<string, string[]>();
    for (const [uuid, track] of this.#tracks) {
      const name = nameOf(track);
      if (name !== undefined && name !== '') groups.set(uuid, `${track.parent ?? ''}\n${name}`);
    }
    for (const [uuid, group] of groups) addToGroup(all, group, uuid);
    return new Set([...all.values()].flatMap((uuids) => (uuids.length === 1 ? uuids : [])));
  }
}

const nameOf = ({ name, staticName, thread }: TrackDescriptor): string | undefined => name ?? staticName ?? thread?.name;
