import { shortText } from '../../../model/short-text.js';
import type { UrlState } from './url-state.js';

/** Builds an element; children are nodes or text, never markup. Of long names the middle is left out. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | boolean>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false) continue;
    element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.map((child) => (typeof child === 'string' ? shortText(child) : child)));
  return element;
}

/** A labelled drop-down; `change` gets the chosen value. */
export function choice(
  label: string,
  options: readonly (readonly [string, string])[],
  change: (value: string) => void,
): { root: HTMLLabelElement; select: HTMLSelectElement } {
  const select = el('select', {}, ...options.map(([value, text]) => el('option', { value }, text)));
  select.addEventListener('change', () => {
    change(select.value);
  });
  return { root: el('label', { class: 'control' }, el('span', {}, label), select), select };
}

/** A drop-down whose value is kept in the page's address under `name`; `change` runs after it was put there. */
export function keptChoice(
  state: UrlState,
  name: string,
  label: string,
  options: readonly (readonly [string, string])[],
  change: () => void,
): ReturnType<typeof choice> {
  const made = choice(label, options, (value) => {
    state.set(name, value);
    change();
  });
  if (options.some(([value]) => value === state.get(name))) made.select.value = state.get(name);
  return made;
}

/** Buttons of a view that can be zoomed into; `whole` says what the view shows when it is not. */
export const zoomButtons = (canvas: { back(): void; reset(): void }, whole: string): readonly HTMLButtonElement[] => [
  button('Back', 'Back to the zoom before (Backspace)', () => {
    canvas.back();
  }),
  button(`Whole ${whole}`, `Show the whole ${whole} (Home)`, () => {
    canvas.reset();
  }),
];

export function button(text: string, title: string, click: () => void): HTMLButtonElement {
  const element = el('button', { type: 'button', title }, text);
  element.addEventListener('click', click);
  return element;
}
