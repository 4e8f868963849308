import { SPAN_KINDS } from '../../model/span.js';
import { STAGES } from '../../model/stage.js';
import type { PackedVariant, PageData } from '../page/page-data.js';
import { STAGE_LABELS, formatCount, formatTime } from '../words.js';
import { button, choice, el } from './dom.js';
import { FlameCanvas } from './flame-canvas.js';
import { treeModel } from './flame-model.js';
import { at, unpackTree, type Frames } from './frames.js';
import { GROUPINGS, mergeFrames, type Grouping } from './merge.js';
import type { Navigator } from './navigator.js';
import { searchBox, type Searched } from './search-box.js';
import type { UrlState } from './url-state.js';

/** The flamegraph of one variant at a time. */
export function buildFlameView(host: HTMLElement, navigator: Navigator, state: UrlState): FlameCanvas {
  const { data } = navigator;
  const canvas = new FlameCanvas('Flamegraph of one variant');
  let searched: Searched | null = null;
  const search = searchBox(canvas, () => searched, (text) => {
    state.set('find', text);
  });
  const kept = (name: string, label: string, options: readonly (readonly [string, string])[]): ReturnType<typeof choice> => {
    const made = choice(label, options, (value) => {
      state.set(name, value);
      state.set('zoom', '');
      show();
    });
    if (options.some(([value]) => value === state.get(name))) made.select.value = state.get(name);
    return made;
  };
  const variant = kept('variant', 'Variant', data.variants.map((v, i) => [String(i), v.label] as const));
  const grouping = kept('group', 'Grouped by', [['path', 'call path'], ...GROUPINGS]);
  const order = kept('order', 'Order', [['width', 'widest first'], ['time', 'as they ran']]);
  const show = (): void => {
    const index = Number(variant.select.value);
    const packed = data.variants[index];
    if (packed === undefined) return;
    const tree = unpackTree(packed.tree, data.strings);
    const grouped = grouping.select.value !== 'path';
    const frames = grouped ? mergeFrames(tree, grouping.select.value as Grouping) : tree;
    const model = treeModel(frames, data.whole === 'call' ? 'total' : 'profile', order.select.value === 'time' ? 'time' : 'width');
    searched = { frames, widths: model.layout.width };
    canvas.show({ ...model, more: (row) => [...(grouped ? [] : frameCalls(navigator, packed, frames, row)), ...sandwichButton(navigator, index, frames, row)] });
    search.run();
  };
  host.append(
    el('div', { class: 'controls' }, variant.root, grouping.root, order.root, search.root, button('Back', 'Back to the zoom before (Backspace)', () => { canvas.back(); }), button(`Whole ${data.whole}`, `Show the whole ${data.whole} (Home)`, () => { canvas.reset(); })),
    stageLegend(data),
    canvas.root,
    el('p', { class: 'muted' }, `Width is ${data.whole === 'call' ? 'time per warm call' : 'share of the profile'}. Colours are stages. Click or press Enter to zoom; Backspace goes back; / searches.`),
  );
  search.input.value = state.get('find');
  const zoom = Number(state.get('zoom'));
  show();
  canvas.onChange = (zoomed) => {
    state.set('zoom', zoomed === 0 ? '' : String(zoomed));
  };
  if (Number.isInteger(zoom) && zoom > 0) canvas.zoomTo(zoom);
  return canvas;
}

/** The stages that occur in any tree. */
function stageLegend(data: PageData): HTMLElement {
  const seen = STAGES.filter((_, code) => data.variants.some(({ tree }) => tree.stage.some((stage, row) => stage === code && (tree.self[0]?.[row] ?? 0) > 0)));
  return el('ul', { class: 'legend', 'aria-label': 'Stages' }, ...seen.map((stage) => el('li', {}, el('i', { class: `swatch s-${stage}` }), STAGE_LABELS[stage])));
}

/** How a frame fared in single calls, and where it took longest. */
function frameCalls(navigator: Navigator, { frameCalls: own }: PackedVariant, frames: Frames, row: number): readonly Node[] {
  const seen = at(own.seen, row);
  if (seen === 0) return [];
  const p99 = at(own.p99, row);
  const slowest = own.slowest[row] ?? [];
  return [
    el('span', {}, el('i', {}, `in ${formatCount(seen)} ${seen === 1 ? 'call' : 'calls'}`), ` p50 ${formatTime(at(own.p50, row))} · p99 ${p99 < 0 ? 'too few calls' : formatTime(p99)}`),
    ...(slowest.length === 0 ? [] : [el('span', { class: 'calls' }, el('i', {}, 'slowest in'), ...slowest.flatMap((call) => [' ', navigator.call(call, frames.names[row] ?? '')]))]),
  ];
}

function sandwichButton(navigator: Navigator, variant: number, frames: Frames, row: number): readonly Node[] {
  const kind = SPAN_KINDS[at(frames.kind, row)];
  if (kind === 'call' || kind === 'stage') return [];
  return [button('Callers and callees', 'All places where it runs', () => {
    navigator.openSandwich(variant, frames.names[row] ?? '', at(frames.kind, row));
  })];
}
