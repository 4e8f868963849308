import type { PackedDiff, PackedFrameCalls, PackedTree, PageData, PartName } from '../page-data.js';
import type { PackedSpans } from '../page-spans.js';
import { unpackDiff, unpackTree, type Frames } from './frames.js';

/** The page's data: what every view needs at once, the rest read from the page when it is asked for, and kept. */
export class PageSource {
  readonly #frames = new Map<PartName, Promise<Frames>>();

  private constructor(readonly data: PageData) {}

  static async open(): Promise<PageSource> {
    return new PageSource(await readBlock<PageData>('data'));
  }

  tree(variant: number): Promise<Frames> {
    return this.#kept(`tree-${variant}`, async (name) => unpackTree(await readPart<PackedTree>(name), this.data.strings));
  }

  diff(pair: number): Promise<Frames> {
    return this.#kept(`diff-${pair}`, async (name) => unpackDiff(await readPart<PackedDiff>(name), this.data.strings));
  }

  /** Row for row with the variant's tree. */
  frameCalls(variant: number): Promise<PackedFrameCalls> {
    return readPart(`frames-${variant}`);
  }

  /** `part`: from the column `spans` of the calls. */
  call(part: number): Promise<PackedSpans> {
    return readPart(`call-${part}`);
  }

  #kept(name: PartName, read: (name: PartName) => Promise<Frames>): Promise<Frames> {
    const known = this.#frames.get(name) ?? read(name);
    this.#frames.set(name, known);
    return known;
  }
}

/** Runs `use` with what the newest `load` gave: an answer that comes late must not replace a newer one. */
export function newest<Loaded>(load: () => Promise<Loaded>, use: (loaded: Loaded) => void): () => Promise<void> {
  let runs = 0;
  return async () => {
    const run = ++runs;
    const loaded = await load();
    if (run === runs) use(loaded);
  };
}

const readPart = <Content>(name: PartName): Promise<Content> => readBlock(`data-${name}`);

/** A data block of the page, inflated where it is stored so. @throws Error when the page has no such block */
async function readBlock<Content>(id: string): Promise<Content> {
  const block = await blockOf(id);
  if (block.dataset['encoding'] !== 'deflate-raw') return JSON.parse(block.textContent) as Content;
  const packed = atob(block.textContent);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return (await new Response(inflated).json()) as Content;
}

/** Blocks behind the script may still be on their way while it runs; one that something follows is complete. */
async function blockOf(id: string): Promise<HTMLElement> {
  const complete = (): HTMLElement | null => {
    const block = document.getElementById(id);
    return document.readyState === 'loading' && block?.nextElementSibling === null ? null : block;
  };
  if (complete() === null && document.readyState === 'loading')
    await new Promise((done) => document.addEventListener('DOMContentLoaded', done, { once: true }));
  const block = complete();
  if (block === null) throw new Error(`the page has no block ${id}`);
  return block;
}
