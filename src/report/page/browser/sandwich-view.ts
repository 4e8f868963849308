import { SPAN_KINDS } from '../../../model/span.js';
import { formatCount, formatShare, formatTime } from '../../words.js';
import { choice, el } from './dom.js';
import { FlameCanvas } from './flame-canvas.js';
import { at, type Frames } from './frames.js';
import { treeModel } from './flame-model.js';
import type { Navigator } from './navigator.js';
import { newest } from './page-source.js';
import { sandwichOf } from './sandwich.js';
import type { UrlState } from './url-state.js';

const MAX_NAMES = 400;
const LEAVES = ['kernel', 'dispatch', 'transfer', 'pass', 'layer'].map((kind) => SPAN_KINDS.findIndex((known) => known === kind));
const KIND_WORDS: Readonly<Record<string, string>> = {
  dispatch: 'as JavaScript sees it',
  kernel: 'native',
  transfer: 'transfer',
  pass: 'graph building',
  layer: 'layer',
};

/** Callers above and callees below one operation or layer, over all the places where it runs. */
export async function buildSandwichView(host: HTMLElement, navigator: Navigator, state: UrlState): Promise<readonly FlameCanvas[]> {
  const { data } = navigator.source;
  const callers = new FlameCanvas('Callers of the operation, upwards');
  const callees = new FlameCanvas('What the operation calls');
  const facts = el('p', { class: 'facts', role: 'status' });
  const name = choice('Operation', [], (value) => {
    state.set('op', value);
    show();
  });
  const variant = choice(
    'Variant',
    data.variants.map((v, i) => [String(i), v.label] as const),
    (value) => {
      state.set('opin', value);
      void load(name.select.value);
    },
  );
  let frames: Frames | null = null;
  let wanted = '';
  const loadTree = newest(
    () => navigator.source.tree(Number(variant.select.value)),
    (tree) => {
      frames = tree;
      name.select.replaceChildren(
        ...namesIn(frames).map(([value, nanos]) =>
          el('option', { value }, `${nameOf(value)} (${KIND_WORDS[SPAN_KINDS[kindOf(value)] ?? ''] ?? ''}) – self ${formatTime(nanos)}`),
        ),
      );
      if ([...name.select.options].some(({ value }) => value === wanted)) name.select.value = wanted;
      show();
    },
  );
  const load = (name: string): Promise<void> => {
    wanted = name;
    return loadTree();
  };
  const show = (): void => {
    if (frames === null || name.select.value === '') return;
    const { callers: above, callees: below, places } = sandwichOf(frames, nameOf(name.select.value), kindOf(name.select.value));
    const nanos = at(below.total[0] ?? [], 0);
    callers.show({ ...treeModel(above, 'called'), upsideDown: true });
    callees.show(treeModel(below, 'total'));
    facts.replaceChildren(
      el('code', {}, nameOf(name.select.value)),
      ` takes ${formatTime(nanos)} of each call (${formatShare(nanos / Math.max(1e-9, at(frames.total[0] ?? [], 0)))}), at ${formatCount(places)} ${places === 1 ? 'place' : 'places'} of the call tree.`,
    );
  };
  navigator.openSandwich = async (index, op, kind) => {
    const name = `${kind} ${op}`;
    variant.select.value = String(index);
    state.set('opin', String(index));
    state.set('op', name);
    await load(name);
    host.closest('section')?.scrollIntoView();
    callees.focus();
  };
  host.append(
    el('div', { class: 'controls' }, variant.root, name.root),
    facts,
    el('h3', {}, 'Callers'),
    callers.root,
    el('h3', {}, 'Callees'),
    callees.root,
  );
  if (state.get('opin') !== '') variant.select.value = state.get('opin');
  if (variant.select.selectedIndex < 0) variant.select.selectedIndex = 0;
  await load(state.get('op'));
  return [callers, callees];
}

/** An option's value is `KIND NAME`. */
const kindOf = (value: string): number => Number.parseInt(value, 10);
const nameOf = (value: string): string => value.slice(value.indexOf(' ') + 1);

/** Operations and layers by the time spent in them, dearest first. */
function namesIn(frames: Frames): readonly (readonly [string, number])[] {
  const times = new Map<string, number>();
  for (let row = 0; row < frames.length; row++) {
    if (!LEAVES.includes(at(frames.kind, row))) continue;
    const value = `${at(frames.kind, row)} ${frames.names[row] ?? ''}`;
    times.set(value, (times.get(value) ?? 0) + at(frames.self[0] ?? [], row));
  }
  return [...times].sort((a, b) => b[1] - a[1]).slice(0, MAX_NAMES);
}
