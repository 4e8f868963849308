/**
 * The report's script. Everything a reader needs first is already in the page; this draws the flamegraphs and makes
 * tables sortable. It talks to nothing outside of the file.
 */
import { buildDiffView } from './diff-view.js';
import { button } from './dom.js';
import type { FlameCanvas } from './flame-canvas.js';
import { buildCallView } from './call-view.js';
import { buildFlameView } from './flame-view.js';
import { Navigator } from './navigator.js';
import { PageSource } from './page-source.js';
import { buildSandwichView } from './sandwich-view.js';
import { makeFilter, makeSortable } from './tables.js';
import { UrlState } from './url-state.js';
import { once } from '../../../model/once.js';
import { startViews, type View } from './views.js';

const THEMES = ['auto', 'light', 'dark'] as const;

async function start(): Promise<void> {
  const state = new UrlState(location.hash);
  const canvases: FlameCanvas[] = [];
  startTheme(canvases, state);
  startBars();
  document.addEventListener('keydown', focusSearch);
  document.querySelectorAll<HTMLTableElement>('table[data-sortable]').forEach(makeSortable);
  document.querySelectorAll<HTMLInputElement>('input[data-filter]').forEach(makeFilter);
  // Paper is narrower than most screens: draw at the printed width.
  window.addEventListener('beforeprint', () => {
    for (const canvas of canvases) canvas.draw();
  });
  const navigator = new Navigator(await PageSource.open());
  const built = startViews(viewsOf(navigator, state, canvases));
  await built.first;
  linkOperations(navigator);
  await built.all;
  document.documentElement.dataset['ready'] = 'true';
}

/** The views whose place is in the page, in order; each adds its canvases to `canvases` once it is built. */
function viewsOf(navigator: Navigator, state: UrlState, canvases: FlameCanvas[]): readonly View[] {
  const { data } = navigator.source;
  const at = (id: string, has: boolean, build: (host: HTMLElement) => Promise<readonly FlameCanvas[]>): readonly View[] => {
    const host = document.getElementById(id);
    if (host === null || !has) return [];
    const built = once(async () => {
      const made = await build(host);
      canvases.push(...made);
      return made;
    });
    return [{ host, build: built }];
  };
  const flame = at('flame-view', data.variants.length > 0, async (host) => [await buildFlameView(host, navigator, state)]);
  const diff = at('diff-view', data.diffs.length > 0, async (host) => [await buildDiffView(host, navigator.source, state)]);
  const sandwich = at('sandwich-view', data.variants.length > 0, (host) => buildSandwichView(host, navigator, state));
  const call = at(
    'call-view',
    data.calls.spans.some((part) => part >= 0),
    async (host) => [await buildCallView(host, navigator, state)],
  );
  // Until a view has put itself into the navigator, being sent to it builds it.
  navigator.openSandwich = async (...to) => {
    for (const { build } of sandwich) await build().then(() => navigator.openSandwich(...to));
  };
  navigator.openCall = async (...to) => {
    for (const { build } of call) await build().then(() => navigator.openCall(...to));
  };
  return [...flame, ...diff, ...sandwich, ...call];
}

/** Names in the kernel table lead to their callers and callees, in the first variant that runs them. */
function linkOperations(navigator: Navigator): void {
  const operations = new Map(navigator.source.data.operations.map((operation) => [operation.name, operation]));
  for (const code of document.querySelectorAll<HTMLElement>('#kernels [data-op]')) {
    const name = code.dataset['op'] ?? '';
    const found = operations.get(name);
    if (found === undefined) continue;
    const link = button(name, 'Callers and callees', () => {
      void navigator.openSandwich(found.variant, name, found.kind);
    });
    link.className = 'link';
    code.replaceChildren(link);
  }
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

void start();
