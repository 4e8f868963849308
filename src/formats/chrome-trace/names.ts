import { addToGroup } from '../../model/add-to-group.js';
import { derivedLines } from '../derived-lines.js';
import { asRecord, asText } from '../checks.js';

/** Intervals of one thread, or of what one id did across threads; ids are as in the file. */
export interface Track<Content> {
  readonly process: string;
  /** Null for asynchronous events, which belong to no thread. */
  readonly tid: string | null;
  readonly content: Content;
}

/** What processes and threads are called, as metadata events say. */
export class ChromeNames {
  readonly #processes = new Map<string, string>();
  readonly #labels = new Map<string, string>();
  readonly #threads = new Map<string, string>();

  /** Takes one metadata event (`ph: 'M'`). */
  add(event: Readonly<Record<string, unknown>>, process: string, tid: string): void {
    const args = asRecord(event['args']);
    const written = asText(args?.['name']);
    if (written !== undefined && event['name'] === 'thread_name') this.#threads.set(`${process}/${tid}`, written);
    if (written !== undefined && event['name'] === 'process_name') this.#processes.set(process, written);
    // PyTorch calls every device's lane after its process; the label says which device.
    const label = asText(args?.['labels']);
    if (label !== undefined && event['name'] === 'process_labels') this.#labels.set(process, label);
  }

  /** A thread's own name without ids; null where it has none. */
  thread(process: string, tid: string): string | null {
    const written = this.#threads.get(`${process}/${tid}`);
    return written === undefined ? null : namer('thread')(written, [process, tid]);
  }

  /** What threads of devices are called that show the time of others again. */
  readonly derived = new Set<string>();

  /** The frames above each track's own: its process where there are several, itself where its process has several. */
  place<Content>(
    tracks: Iterable<Track<Content>>,
  ): readonly { readonly prefix: readonly string[]; readonly tid: string | null; readonly content: Content }[] {
    const processes = new Map<string, Track<Content>[]>();
    for (const track of tracks) addToGroup(processes, track.process, track);
    const nameProcess = namer('process');
    return [...processes].flatMap(([process, all]) => {
      const own = this.#withoutDerived(process, all);
      const above =
        processes.size > 1
          ? [
              nameProcess([this.#processes.get(process), this.#labels.get(process)].filter((word) => word !== undefined).join(' '), [
                process,
              ]),
            ]
          : [];
      const nameThread = namer('thread');
      const nameOf = (tid: string | null): string =>
        tid === null ? 'asynchronous' : nameThread(this.#threads.get(`${process}/${tid}`), [process, tid]);
      return own.map(({ tid, content }) => ({ prefix: own.length > 1 ? [...above, nameOf(tid)] : above, tid, content }));
    });
  }

  #withoutDerived<Content>(process: string, tracks: readonly Track<Content>[]): readonly Track<Content>[] {
    const nameOf = ({ tid }: Track<Content>): string => (tid === null ? '' : (this.#threads.get(`${process}/${tid}`) ?? ''));
    const left = derivedLines(this.#processes.get(process) ?? '', tracks.map(nameOf));
    for (const name of left) this.derived.add(name);
    return tracks.filter((track) => !left.has(nameOf(track)));
  }
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
