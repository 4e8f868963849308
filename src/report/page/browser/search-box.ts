import { countOf, formatShare } from '../../words.js';
import { el } from './dom.js';
import { matchShare, type Frames } from './frames.js';
import type { FlameCanvas } from './flame-canvas.js';

/** What the search looks through. */
export interface Searched {
  readonly frames: Frames;
  /** Width of each frame, for the share that matches. */
  readonly widths: Float64Array;
}

/** A regular-expression search with the share of time that matches; a half-typed expression is taken literally. */
export function searchBox(
  canvas: FlameCanvas,
  current: () => Searched | null,
  changed: (text: string) => void,
): { root: HTMLElement; input: HTMLInputElement; run: () => void } {
  const input = el('input', {
    type: 'search',
    placeholder: 'search frames (regular expression)',
    autocomplete: 'off',
    spellcheck: 'false',
    'data-search': true,
  });
  const found = el('span', { class: 'muted', role: 'status' });
  const run = (): void => {
    const searched = current();
    if (searched === null || input.value === '') {
      canvas.mark(null);
      found.textContent = '';
      return;
    }
    const matches = findMatches(searched.frames, input.value);
    const { rows, share } = matchShare(searched.frames, matches, searched.widths);
    canvas.mark(matches);
    found.textContent = `${countOf(rows, 'frame')}, ${formatShare(share)} of the width`;
  };
  input.addEventListener('input', () => {
    run();
    changed(input.value);
  });
  return { root: el('label', { class: 'control grow' }, el('span', {}, 'Search'), input, found), input, run };
}

export function findMatches(frames: Frames, text: string): Uint8Array {
  const expression = expressionOf(text);
  return Uint8Array.from(frames.names, (name, row) => (expression.test(name) || expression.test(frames.shapes[row] ?? '') ? 1 : 0));
}

export function expressionOf(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch {
    return new RegExp(literal(text), 'i');
  }
}

/** An expression that matches the text itself. */
export const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
