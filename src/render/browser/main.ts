/**
 * The report's script. Everything a reader needs first is already in the page; this draws the flamegraphs and makes
 * tables sortable. It talks to nothing outside of the file.
 */
import type { PageData } from '../page-data.js';
import { buildDiffView } from './diff-view.js';
import type { FlameCanvas } from './flame-canvas.js';
import { buildFlameView } from './flame-view.js';
import { makeFilter, makeSortable } from './tables.js';
import { UrlState } from './url-state.js';

const THEMES = ['auto', 'light', 'dark'] as const;

function start(): void {
  const data = JSON.parse(document.getElementById('data')?.textContent ?? '{}') as PageData;
  const state = new UrlState(location.hash);
  const canvases: FlameCanvas[] = [];
  const flame = document.getElementById('flame-view');
  const diff = document.getElementById('diff-view');
  if (flame !== null && data.variants.length > 0) canvases.push(buildFlameView(flame, data, state));
  if (diff !== null && data.diffs.length > 0) canvases.push(buildDiffView(diff, data, state));
  document.querySelectorAll<HTMLTableElement>('table[data-sortable]').forEach(makeSortable);
  document.querySelectorAll<HTMLInputElement>('input[data-filter]').forEach(makeFilter);
  startTheme(canvases, state);
  startBars();
  document.addEventListener('keydown', focusSearch);
  // Paper is narrower than most screens: draw at the printed width.
  window.addEventListener('beforeprint', () => {
    for (const canvas of canvases) canvas.draw();
  });
}

function startTheme(canvases: readonly FlameCanvas[], state: UrlState): void {
  const button = document.getElementById('theme');
  const apply = (theme: string): void => {
    if (theme === 'auto' || theme === '') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    if (button !== null) button.textContent = `Theme: ${theme === '' ? 'auto' : theme}`;
    for (const canvas of canvases) canvas.retheme();
  };
  apply(state.get('theme'));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const canvas of canvases) canvas.retheme();
  });
  if (button === null) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    const now = document.documentElement.dataset['theme'] ?? 'auto';
    const next = THEMES[(THEMES.findIndex((theme) => theme === now) + 1) % THEMES.length] ?? 'auto';
    state.set('theme', next === 'auto' ? '' : next);
    apply(next);
  });
}

function startBars(): void {
  const bars = document.getElementById('stage-bars');
  const host = document.querySelector<HTMLElement>('[data-bars]');
  if (bars === null || host === null) return;
  host.hidden = false;
  const buttons = [...host.querySelectorAll<HTMLButtonElement>('button')];
  for (const button of buttons) {
    button.addEventListener('click', () => {
      bars.classList.toggle('by-share', button.dataset['scale'] === 'share');
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
    });
  }
}

/** `/` goes to the search box nearest to the middle of the window. */
function focusSearch(event: KeyboardEvent): void {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const distance = (element: Element): number => Math.abs(element.getBoundingClientRect().top - window.innerHeight / 2);
  const [nearest] = [...document.querySelectorAll<HTMLInputElement>('input[data-search]')].sort((a, b) => distance(a) - distance(b));
  if (nearest === undefined) return;
  event.preventDefault();
  nearest.focus();
}

start();
