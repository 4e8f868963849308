import { SPAN_KINDS } from '../../model/span.js';
import { STAGES } from '../../model/stage.js';
import type { PageData } from '../page-data.js';
import { STAGE_LABELS, formatCount, formatShare, formatTime } from '../words.js';
import { button, choice, el } from './dom.js';
import { FlameCanvas } from './flame-canvas.js';
import { accumulate, at, unpackTree, type Frames } from './frames.js';
import { layOut } from './layout.js';
import { mergeByLayer } from './merge.js';
import type { FlameModel } from './paint.js';
import { mix, shadeOf } from './palette.js';
import { searchBox, type Searched } from './search-box.js';
import type { UrlState } from './url-state.js';

/** The flamegraph of one variant at a time. */
export function buildFlameView(host: HTMLElement, data: PageData, state: UrlState): FlameCanvas {
  const canvas = new FlameCanvas('Flamegraph of one variant');
  let searched: Searched | null = null;
  const search = searchBox(canvas, () => searched, (text) => {
    state.set('find', text);
  });
  const variant = choice('Variant', data.variants.map((v, i) => [String(i), v.label] as const), (value) => {
    state.set('variant', value);
    show();
  });
  const grouping = choice('Grouped by', [['path', 'call path'], ['layer', 'stage → layer → operation']], (value) => {
    state.set('group', value);
    show();
  });
  const show = (): void => {
    const packed = data.variants[Number(variant.select.value)];
    if (packed === undefined) return;
    const tree = unpackTree(packed.tree, data.strings);
    const frames = grouping.select.value === 'layer' ? mergeByLayer(tree) : tree;
    const model = flameModel(frames, data.whole === 'call' ? ' a call' : '');
    searched = { frames, widths: model.layout.width };
    canvas.show(model);
    search.run();
  };
  host.append(
    el('div', { class: 'controls' }, variant.root, grouping.root, search.root, button('Back', 'Back to the zoom before (Backspace)', () => { canvas.back(); }), button(`Whole ${data.whole}`, `Show the whole ${data.whole} (Home)`, () => { canvas.reset(); })),
    stageLegend(data),
    canvas.root,
    el('p', { class: 'muted' }, `Width is ${data.whole === 'call' ? 'time per warm call' : 'share of the profile'}, the widest on the left. Colours are stages. Click or press Enter to zoom; Backspace goes back; / searches.`),
  );
  canvas.onChange = (zoomed) => {
    state.set('zoom', zoomed === 0 ? '' : String(zoomed));
  };
  restore(state, variant.select, grouping.select, search.input, show, canvas);
  return canvas;
}

/** The stages that occur in any tree. */
function stageLegend(data: PageData): HTMLElement {
  const seen = STAGES.filter((_, code) => data.variants.some(({ tree }) => tree.stage.some((stage, row) => stage === code && (tree.self[0]?.[row] ?? 0) > 0)));
  return el('ul', { class: 'legend', 'aria-label': 'Stages' }, ...seen.map((stage) => el('li', {}, el('i', { class: `swatch s-${stage}` }), STAGE_LABELS[stage])));
}

function restore(state: UrlState, variant: HTMLSelectElement, grouping: HTMLSelectElement, search: HTMLInputElement, show: () => void, canvas: FlameCanvas): void {
  const zoom = Number(state.get('zoom'));
  if (state.get('variant') !== '') variant.value = state.get('variant');
  if (state.get('group') !== '') grouping.value = state.get('group');
  if (variant.selectedIndex < 0) variant.selectedIndex = 0;
  if (grouping.selectedIndex < 0) grouping.selectedIndex = 0;
  search.value = state.get('find');
  show();
  if (Number.isInteger(zoom) && zoom > 0) canvas.zoomTo(zoom);
}

/** ` ×100`: how often the frame runs in a call, where that is more than once (loop iterations, a layer's kernels). */
const times = (count: number): string => (count >= 1.5 ? ` ×${formatCount(Math.round(count))}` : '');

/** `per` is said after each figure. */
function flameModel(frames: Frames, per: string): FlameModel {
  const own = frames.self[0] ?? new Float64Array(frames.length);
  const layout = layOut(frames, own);
  const widths = accumulate(frames, own);
  const total = frames.total[0] ?? widths;
  const all = Math.max(1e-9, at(total, 0));
  return {
    frames,
    layout,
    label: (row) => `${frames.names[row] ?? ''}${times(at(frames.count[0] ?? [], row))}`,
    style: (row, palette) => ({
      fill: mix(palette.stages[at(frames.stage, row)] ?? '#999999', palette.ground, shadeOf(frames.names[row] ?? '') * 0.22),
      text: palette.frameText,
      dashed: false,
    }),
    describe: (row) => {
      const shapes = frames.shapes[row] ?? '';
      return [
        ['total', `${formatTime(at(total, row))}${per}, ${formatShare(at(total, row) / all)}`],
        ['self', `${formatTime(at(own, row))}${per}, ${formatShare(at(own, row) / all)}`],
        ['runs', `${formatCount(at(frames.count[0] ?? [], row))}${per}`],
        ['stage', STAGE_LABELS[STAGES[at(frames.stage, row)] ?? 'unexplained']],
        ['kind', SPAN_KINDS[at(frames.kind, row)] ?? ''],
        ...(shapes === '' ? [] : [['shapes', shapes] as const]),
      ];
    },
  };
}
