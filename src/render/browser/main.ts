/**
 * The report's script. Everything a reader needs first is already in the page; this draws the flamegraphs and makes
 * tables sortable. It talks to nothing outside of the file.
 */
import { SPAN_KINDS } from '../../model/span.js';
import type { PageData } from '../page/page-data.js';
import { buildDiffView } from './diff-view.js';
import { button } from './dom.js';
import type { FlameCanvas } from './flame-canvas.js';
import { buildCallView } from './call-view.js';
import { buildFlameView } from './flame-view.js';
import { Navigator } from './navigator.js';
import { readData } from './read-data.js';
import { buildSandwichView } from './sandwich-view.js';
import { makeFilter, makeSortable } from './tables.js';
import { UrlState } from './url-state.js';

const KERNEL = SPAN_KINDS.indexOf('kernel');
const DISPATCH = SPAN_KINDS.indexOf('dispatch');
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
  const navigator = new Navigator(await readData());
  for (const build of views(navigator, state)) {
    canvases.push(...build());
    // Each view is on screen before the next is begun: tens of thousands of frames take a moment each.
    await new Promise((done) => setTimeout(done));
  }
  document.documentElement.dataset['ready'] = 'true';
}

/** The views whose place is in the page, in order. */
function views(navigator: Navigator, state: UrlState): readonly (() => readonly FlameCanvas[])[] {
  const { data } = navigator;
  const at = (id: string, has: boolean, build: (host: HTMLElement) => readonly FlameCanvas[]): readonly (() => readonly FlameCanvas[])[] => {
    const host = document.getElementById(id);
    return host === null || !has ? [] : [() => build(host)];
  };
  return [
    ...at('flame-view', data.variants.length > 0, (host) => [buildFlameView(host, navigator, state)]),
    ...at('diff-view', data.diffs.length > 0, (host) => [buildDiffView(host, data, state)]),
    ...at('sandwich-view', data.variants.length > 0, (host) => {
      linkOperations(navigator);
      return buildSandwichView(host, navigator, state);
    }),
    ...at('call-view', data.calls.details.length > 0, (host) => [buildCallView(host, navigator, state)]),
  ];
}

/** Names in the kernel table lead to their callers and callees, in the first variant that runs them. */
function linkOperations(navigator: Navigator): void {
  for (const code of document.querySelectorAll<HTMLElement>('#kernels [data-op]')) {
    const name = code.textContent;
    const found = findOperation(navigator.data, name);
    if (found === null) continue;
    const link = button(name, 'Callers and callees', () => {
      navigator.openSandwich(found.variant, name, found.kind);
    });
    link.className = 'link';
    code.replaceChildren(link);
  }
}

function findOperation({ variants, strings }: PageData, name: string): { variant: number; kind: number } | null {
  const text = strings.indexOf(name);
  for (const kind of [KERNEL, DISPATCH]) {
    const variant = variants.findIndex(({ tree }) => tree.name.some((known, row) => known === text && tree.kind[row] === kind));
    if (variant >= 0) return { variant, kind };
  }
  return null;
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
