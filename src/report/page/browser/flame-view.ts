import { SPAN_KINDS } from '../../../model/span.js';
import { stageFromCode } from '../../../model/stage.js';
import type { PackedFrameCalls, PageData } from '../page-data.js';
import { countOf, formatTime, stageLabel } from '../../words.js';
import { button, el, keptChoice, zoomButtons } from './dom.js';
import { FlameCanvas } from './flame-canvas.js';
import { treeModel } from './flame-model.js';
import { at, type Frames } from './frames.js';
import { GROUPINGS, mergeFrames, type Grouping } from './merge.js';
import type { Navigator } from './navigator.js';
import { newest } from './page-source.js';
import { searchBox, type Searched } from './search-box.js';
import type { UrlState } from './url-state.js';

/** The flamegraph of one variant at a time. */
export async function buildFlameView(host: HTMLElement, navigator: Navigator, state: UrlState): Promise<FlameCanvas> {
  const { source } = navigator;
  const { data } = source;
  const canvas = new FlameCanvas('Flamegraph of one variant');
  let searched: Searched | null = null;
  const search = searchBox(
    canvas,
    () => searched,
    (text) => {
      state.set('find', text);
    },
  );
  const changed = (): void => {
    state.set('zoom', '');
    void show();
  };
  const variant = keptChoice(
    state,
    'variant',
    'Variant',
    data.variants.map((v, i) => [String(i), v.label] as const),
    changed,
  );
  const grouping = keptChoice(state, 'group', 'Grouped by', [['path', 'call path'], ...GROUPINGS], changed);
  const order = keptChoice(
    state,
    'order',
    'Order',
    [
      ['width', 'widest first'],
      ['time', 'as they ran'],
    ],
    changed,
  );
  const show = newest(
    () => source.tree(Number(variant.select.value)),
    (tree) => {
      const index = Number(variant.select.value);
      const grouped = grouping.select.value !== 'path';
      const frames = grouped ? mergeFrames(tree, grouping.select.value as Grouping) : tree;
      const model = treeModel(frames, data.whole === 'call' ? 'total' : 'profile', order.select.value === 'time' ? 'time' : 'width');
      let calls: PackedFrameCalls | null = null;
      searched = { frames, widths: model.layout.width };
      canvas.show({
        ...model,
        more: (row) => [
          ...(calls === null ? [] : frameCalls(navigator, calls, frames, row)),
          ...sandwichButton(navigator, index, frames, row),
        ],
      });
      search.run();
      if (!grouped) void addCalls(index, (read) => (calls = read));
    },
  );
  /** Single calls are told once the graph itself is on screen. */
  const addCalls = async (index: number, keep: (read: PackedFrameCalls) => void): Promise<void> => {
    await canvas.drawn();
    keep(await source.frameCalls(index));
    canvas.describe();
  };
  host.append(
    el('div', { class: 'controls' }, variant.root, grouping.root, order.root, search.root, ...zoomButtons(canvas, data.whole)),
    stageLegend(data),
    canvas.root,
    el(
      'p',
      { class: 'muted' },
      `Width is ${data.whole === 'call' ? 'time per warm call' : 'share of the profile'}. Colours are stages. Click or press Enter to zoom; Backspace goes back; / searches.`,
    ),
  );
  search.input.value = state.get('find');
  const zoom = Number(state.get('zoom'));
  await show();
  canvas.onChange = (zoomed) => {
    state.set('zoom', zoomed === 0 ? '' : String(zoomed));
  };
  if (Number.isInteger(zoom) && zoom > 0) canvas.zoomTo(zoom);
  return canvas;
}

/** The stages that occur in any tree. */
const stageLegend = ({ stages }: PageData): HTMLElement =>
  el(
    'ul',
    { class: 'legend', 'aria-label': 'Stages' },
    ...stages.map((code) => el('li', {}, el('i', { class: `swatch s-${stageFromCode(code)}` }), stageLabel(code))),
  );

/** How a frame fared in single calls, and where it took longest. */
function frameCalls(navigator: Navigator, own: PackedFrameCalls, frames: Frames, row: number): readonly Node[] {
  const seen = at(own.seen, row);
  if (seen === 0) return [];
  const p99 = at(own.p99, row);
  const slowest = own.slowest[row] ?? [];
  return [
    el(
      'span',
      {},
      el('i', {}, `in ${countOf(seen, 'call')}`),
      ` p50 ${formatTime(at(own.p50, row))} · p99 ${p99 < 0 ? 'too few calls' : formatTime(p99)}`,
    ),
    ...(slowest.length === 0
      ? []
      : [
          el(
            'span',
            { class: 'calls' },
            el('i', {}, 'slowest in'),
            ...slowest.flatMap((call) => [' ', navigator.call(call, frames.names[row] ?? '')]),
          ),
        ]),
  ];
}

function sandwichButton(navigator: Navigator, variant: number, frames: Frames, row: number): readonly Node[] {
  const kind = SPAN_KINDS[at(frames.kind, row)];
  if (kind === 'call' || kind === 'stage') return [];
  return [
    button('Callers and callees', 'All places where it runs', () => {
      void navigator.openSandwich(variant, frames.names[row] ?? '', at(frames.kind, row));
    }),
  ];
}
