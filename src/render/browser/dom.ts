/** Builds an element; children are nodes or text, never markup. */
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
  element.append(...children);
  return element;
}

/** A labelled drop-down; `change` gets the chosen value. */
export function choice(label: string, options: readonly (readonly [string, string])[], change: (value: string) => void): { root: HTMLLabelElement; select: HTMLSelectElement } {
  const select = el('select', {}, ...options.map(([value, text]) => el('option', { value }, text)));
  select.addEventListener('change', () => {
    change(select.value);
  });
  return { root: el('label', { class: 'control' }, el('span', {}, label), select), select };
}

export function button(text: string, title: string, click: () => void): HTMLButtonElement {
  const element = el('button', { type: 'button', title }, text);
  element.addEventListener('click', click);
  return element;
}
