import { el } from './dom.js';

const tip = (): HTMLElement | null => document.getElementById('tip');

/** Shows the tip beside the pointer, inside the window. Everything in it is text. */
export function showTip(title: string, pairs: readonly (readonly [string, string])[], x: number, y: number): void {
  const box = tip();
  if (box === null) return;
  box.replaceChildren(el('b', {}, title), el('dl', {}, ...pairs.flatMap(([term, value]) => [el('dt', {}, term), el('dd', {}, value)])));
  box.hidden = false;
  const { width, height } = box.getBoundingClientRect();
  box.style.left = `${Math.max(4, Math.min(x + 14, window.innerWidth - width - 8))}px`;
  box.style.top = `${y + 18 + height > window.innerHeight ? Math.max(4, y - height - 12) : y + 18}px`;
}

export function hideTip(): void {
  const box = tip();
  if (box !== null) box.hidden = true;
}
