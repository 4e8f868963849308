import { SPAN_KINDS } from '../../../model/span.js';
import type { PageData } from '../page-data.js';
import { formatChange, formatConfidence, formatCount, formatShare, formatTime, stageLabel } from '../../words.js';
import { el, keptChoice, zoomButtons } from './dom.js';
import { diffWidths, judgeFrames, type Judgements, type Measure, type Unit, type WidthBy } from './diff-judge.js';
import { FlameCanvas } from './flame-canvas.js';
import { at, type Frames } from './frames.js';
import { layOut, type Order } from './layout.js';
import { GROUPINGS, mergeFrames, oneSidedShare, type Grouping } from './merge.js';
import { newest, type PageSource } from './page-source.js';
import type { FlameModel } from './paint.js';
import { mix } from './palette.js';
import { searchBox, type Searched } from './search-box.js';
import type { UrlState } from './url-state.js';

const SCRIPT = SPAN_KINDS.indexOf('script');
const isScript = ({ kind }: Frames, row: number): boolean => at(kind, row) === SCRIPT;

/** From this share of one-sided time on, call paths say more about the way a model is run than about what differs. */
const UNLIKE = 0.3;

interface Settings {
  readonly measure: Measure;
  readonly unit: Unit;
  readonly width: WidthBy;
  readonly order: Order;
}

/** The differential flamegraph: both trees at once, colour only where the shift is real. */
export async function buildDiffView(host: HTMLElement, source: PageSource, state: UrlState): Promise<FlameCanvas> {
  const { data } = source;
  const canvas = new FlameCanvas('Differential flamegraph of two variants');
  let searched: Searched | null = null;
  const count = el('b', {});
  const basis = el(
    'p',
    { class: 'muted', hidden: true },
    'JavaScript functions, and what is left to the spans they are below, rest on samples of V8 in calls of their own: a shift must clear the scatter of its samples over blocks of calls, with false discoveries controlled among these frames.',
  );
  const search = searchBox(
    canvas,
    () => searched,
    () => undefined,
  );
  const control = (name: string, label: string, options: readonly (readonly [string, string])[]): ReturnType<typeof keptChoice> =>
    keptChoice(state, name, label, options, () => void show());
  const pair = control(
    'pair',
    'Pair',
    data.diffs.map((d, i) => [String(i), d.label] as const),
  );
  if (state.get('pair') === '') pair.select.value = String(mostTelling(data));
  const measure = control('measure', 'Colour by', [
    ['total', 'total'],
    ['self', 'self'],
  ]);
  const unit = control('unit', 'Unit', [
    ['time', data.whole === 'call' ? 'time per call' : 'time'],
    ['share', `share of the ${data.whole}`],
  ]);
  const width = control('width', 'Width', [
    ['both', 'larger of both'],
    ['baseline', 'before'],
    ['candidate', 'after'],
    ['change', 'sum of rises and falls'],
  ]);
  const order = control('dorder', 'Order', [
    ['width', 'widest first'],
    ['time', 'as they ran'],
  ]);
  const grouping = control('merge', 'Grouped by', [['path', 'call path'], ...GROUPINGS]);
  let grouped = state.get('merge') !== '';
  grouping.select.addEventListener('change', () => (grouped = true), { capture: true });
  const show = newest(
    () => source.diff(Number(pair.select.value)),
    (tree) => {
      // Until the reader chooses: an eager run beside a graph lines up by operation, like trees by call path.
      if (!grouped) grouping.select.value = oneSidedShare(tree) > UNLIKE ? 'operation' : 'path';
      const frames = grouping.select.value === 'path' ? tree : mergeFrames(tree, grouping.select.value as Grouping);
      const settings = {
        measure: measure.select.value as Measure,
        unit: unit.select.value as Unit,
        width: width.select.value as WidthBy,
        order: order.select.value as Order,
      };
      const judged = judgeFrames(frames, settings.measure, settings.unit);
      const model = diffModel(frames, judged, settings);
      searched = { frames, widths: model.layout.width };
      count.textContent = `${formatCount(judged.sure.reduce((sum, sure) => sum + sure, 0))} of ${formatCount(frames.length)} frames changed significantly.`;
      basis.hidden = !tree.kind.includes(SCRIPT);
      canvas.show(model);
      search.run();
    },
  );
  host.append(
    el(
      'div',
      { class: 'controls' },
      pair.root,
      grouping.root,
      order.root,
      measure.root,
      unit.root,
      width.root,
      search.root,
      ...zoomButtons(canvas, data.whole),
    ),
    legend(),
    canvas.root,
    el(
      'p',
      { class: 'muted' },
      count,
      ` Colour means that the ${formatConfidence(data.confidence)} interval of the shift clears zero after false-discovery control over all frames and that the shift is large enough to matter. Everything else is grey, however wide. A dashed edge marks frames that only one side has; ▲ is slower, ▼ is faster.`,
    ),
    basis,
  );
  await show();
  return canvas;
}

/** The pair whose calls differ most, among those that differ for sure; the first where none does. */
function mostTelling({ diffs }: PageData): number {
  const distance = ({ total: [before, after], significant }: PageData['diffs'][number]): number => {
    const ratio = after / Math.max(1e-9, before);
    return significant && ratio > 0 ? Math.abs(Math.log(ratio)) : 0;
  };
  return diffs.reduce((best, diff, i) => (distance(diff) > distance(diffs[best] ?? diff) ? i : best), 0);
}

const legend = (): HTMLElement =>
  el(
    'ul',
    { class: 'legend' },
    ...[
      ['faster', 'faster'],
      ['slower', 'slower'],
      ['none', 'no sure difference'],
    ].map(([kind, text]) => el('li', {}, el('i', { class: `swatch d-${kind ?? ''}` }), text ?? '')),
  );

function diffModel(frames: Frames, judged: Judgements, { measure, unit, width, order }: Settings): FlameModel {
  const isSure = (row: number): boolean => at(judged.sure, row) > 0;
  const most = judged.shift.reduce((max, shift, row) => (isSure(row) ? Math.max(max, Math.abs(shift)) : max), 1e-12);
  const oneSided = (row: number): 'new' | 'gone' | null => {
    const [before, after] = [at(frames.total[0] ?? [], row), at(frames.total[1] ?? [], row)];
    return before === 0 && after > 0 ? 'new' : after === 0 && before > 0 ? 'gone' : null;
  };
  return {
    frames,
    layout: layOut(frames, diffWidths(frames, width, unit), order),
    label: (row) => `${isSure(row) ? (at(judged.shift, row) > 0 ? '▲ ' : '▼ ') : ''}${frames.names[row] ?? ''}`,
    style: (row, palette) => {
      const shift = at(judged.shift, row);
      const dashed = oneSided(row) !== null;
      if (!isSure(row)) return { fill: palette.dim, text: palette.dimText, dashed };
      const strength = 0.3 + 0.7 * Math.sqrt(Math.abs(shift) / most);
      return { fill: mix(palette.dim, shift > 0 ? palette.slower : palette.faster, strength), text: palette.frameText, dashed };
    },
    describe: (row) => describe(frames, row, judged, { measure, unit }, oneSided(row)),
  };
}

function describe(
  frames: Frames,
  row: number,
  judged: Judgements,
  { measure, unit }: Pick<Settings, 'measure' | 'unit'>,
  side: 'new' | 'gone' | null,
): readonly (readonly [string, string])[] {
  const say = unit === 'time' ? formatTime : formatShare;
  const shift = at(judged.shift, row);
  return [
    [measure, `${say(at(judged.before, row))} → ${say(at(judged.after, row))}`],
    [
      'shift',
      `${shift === 0 ? say(0) : formatChange(shift, say)} ± ${Number.isFinite(at(judged.half, row)) ? say(at(judged.half, row)) : 'unknown'}: ${at(judged.sure, row) > 0 ? (shift > 0 ? 'slower' : 'faster') : 'no sure difference'}`,
    ],
    [
      isScript(frames, row) ? 'samples of V8, on which this rests' : 'runs',
      `${formatCount(at(frames.count[0] ?? [], row))} → ${formatCount(at(frames.count[1] ?? [], row))}`,
    ],
    ['stage', stageLabel(at(frames.stage, row))],
    ...(side === null ? [] : [['only', side === 'new' ? 'in the candidate (new)' : 'in the baseline (gone)'] as const]),
  ];
}
