import { formatTime } from '../../words.js';
import { button, el } from './dom.js';
import { at } from './frames.js';
import type { PageSource } from './page-source.js';

/** Where a view can send the reader. Views register themselves, so that they need not know each other. */
export class Navigator {
  /** Opens a call's picture, with frames of that name found. */
  openCall: (call: number, find: string) => Promise<void> = () => Promise.resolve();
  /** Opens callers and callees of a name and kind in a variant. */
  openSandwich: (variant: number, name: string, kind: number) => Promise<void> = () => Promise.resolve();
  readonly #jaeger: string;

  constructor(readonly source: PageSource) {
    const address = document.querySelector<HTMLMetaElement>('meta[name="inferscope-jaeger"]')?.content ?? '';
    this.#jaeger = /^https?:\/\//.test(address) ? address.replace(/\/+$/, '') : '';
  }

  /** A call by its number: a button where its spans are in the page, text elsewhere; with its trace. */
  call(call: number, find: string): HTMLElement {
    const { calls } = this.source.data;
    const text = `call ${at(calls.number, call)} (${formatTime(at(calls.latency, call))})`;
    const shown =
      at(calls.spans, call) < 0
        ? el('span', {}, text)
        : button(text, 'Show this call in time order', () => {
            void this.openCall(call, find);
          });
    return el('span', { class: 'call-ref' }, shown, ...this.trace(call));
  }

  /** The trace id of a call: a link when it is known where the traces are. */
  trace(call: number): readonly Node[] {
    const id = this.source.data.calls.trace[call] ?? null;
    if (id === null) return [];
    const short = `trace ${id.slice(0, 8)}`;
    if (this.#jaeger === '') return [el('code', { title: `Trace id ${id}` }, short)];
    return [
      el(
        'a',
        {
          href: `${this.#jaeger}/trace/${encodeURIComponent(id)}`,
          title: `Open trace ${id} in Jaeger`,
          rel: 'noreferrer',
          target: '_blank',
        },
        short,
      ),
    ];
  }
}
