import type { PageData } from '../page/page-data.js';

/** The page's data, inflated where it is stored so. */
export async function readData(): Promise<PageData> {
  const block = document.getElementById('data');
  const text = block?.textContent ?? '{}';
  if (block?.dataset['encoding'] !== 'deflate-raw') return JSON.parse(text) as PageData;
  const packed = atob(text);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return (await new Response(inflated).json()) as PageData;
}
