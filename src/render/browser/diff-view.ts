import { STAGES } from '../../model/stage.js';
import type { PageData } from '../page/page-data.js';
import { STAGE_LABELS, formatConfidence, formatCount, formatShare, formatTime } from '../words.js';
import { button, choice, el } from './dom.js';
import { diffWidths, judge, type Judgement, type Measure, type Unit, type WidthBy } from './diff-judge.js';
import { FlameCanvas } from './flame-canvas.js';
import { at, unpackDiff, type Frames } from './frames.js';
import { layOut, type Order } from './layout.js';
import { GROUPINGS, mergeFrames, type Grouping } from './merge.js';
import type { FlameModel } from './paint.js';
import { mix } from './palette.js';
import { searchBox, type Searched } from './search-box.js';
import type { UrlState } from './url-state.js';

interface Settings {
  readonly measure: Measure;
  readonly unit: Unit;
  readonly width: WidthBy;
  readonly order: Order;
}

/** The differential flamegraph: both trees at once, colour only where the shift is real. */
export function buildDiffView(host: HTMLElement, data: PageData, state: UrlState): FlameCanvas {
  const canvas = new FlameCanvas('Differential flamegraph of two variants');
  let searched: Searched | null = null;
  const count = el('b', {});
  const search = searchBox(canvas, () => searched, () => undefined);
  const show = (): void => {
    const packed = data.diffs[Number(pair.select.value)];
    if (packed === undefined) return;
    const tree = unpackDiff(packed, data.strings);
    const frames = grouping.select.value === 'path' ? tree : mergeFrames(tree, grouping.select.value as Grouping);
    const settings = { measure: measure.select.value as Measure, unit: unit.select.value as Unit, width: width.select.value as WidthBy, order: order.select.value as Order };
    const model = diffModel(frames, settings);
    searched = { frames, widths: model.layout.width };
    count.textContent = summary(frames, settings);
    canvas.show(model);
    search.run();
  };
  const control = (name: string, label: string, options: readonly (readonly [string, string])[]): { root: HTMLLabelElement; select: HTMLSelectElement } => {
    const made = choice(label, options, (value) => {
      state.set(name, value);
      show();
    });
    if (options.some(([value]) => value === state.get(name))) made.select.value = state.get(name);
    return made;
  };
  const pair = control('pair', 'Pair', data.diffs.map((d, i) => [String(i), d.label] as const));
  if (state.get('pair') === '') pair.select.value = String(mostTelling(data));
  const measure = control('measure', 'Colour by', [['total', 'total'], ['self', 'self']]);
  const unit = control('unit', 'Unit', [['time', data.whole === 'call' ? 'time per call' : 'time'], ['share', `share of the ${data.whole}`]]);
  const width = control('width', 'Width', [['both', 'larger of both'], ['baseline', 'before'], ['candidate', 'after'], ['change', 'sum of rises and falls']]);
  const order = control('dorder', 'Order', [['width', 'widest first'], ['time', 'as they ran']]);
  const grouping = control('merge', 'Grouped by', [['path', 'call path'], ...GROUPINGS]);
  host.append(
    el('div', { class: 'controls' }, pair.root, grouping.root, order.root, measure.root, unit.root, width.root, search.root, button('Back', 'Back to the zoom before (Backspace)', () => { canvas.back(); }), button(`Whole ${data.whole}`, `Show the whole ${data.whole} (Home)`, () => { canvas.reset(); })),
    legend(),
    canvas.root,
    el('p', { class: 'muted' }, count, ` Colour means that the ${formatConfidence(data.confidence)} interval of the shift clears zero after false-discovery control over all frames and that the shift is large enough to matter. Everything else is grey, however wide. A dashed edge marks frames that only one side has; ▲ is slower, ▼ is faster.`),
  );
  show();
  return canvas;
}

/** The pair whose calls differ most, among those that differ for sure; the first where none does. */
function mostTelling({ diffs }: PageData): number {
  const distance = ({ tree, significant }: PageData['diffs'][number]): number => {
    const ratio = (tree.total[1]?.[0] ?? 0) / Math.max(1e-9, tree.total[0]?.[0] ?? 0);
    return significant[0] === 1 && ratio > 0 ? Math.abs(Math.log(ratio)) : 0;
  };
  return diffs.reduce((best, diff, i) => (distance(diff) > distance(diffs[best] ?? diff) ? i : best), 0);
}

const legend = (): HTMLElement =>
  el('ul', { class: 'legend' }, ...[['faster', 'faster'], ['slower', 'slower'], ['none', 'no sure difference']].map(([kind, text]) => el('li', {}, el('i', { class: `swatch d-${kind ?? ''}` }), text ?? '')));

function summary(frames: Frames, { measure, unit }: Settings): string {
  let sure = 0;
  for (let row = 0; row < frames.length; row++) if (judge(frames, row, measure, unit).sure) sure++;
  return `${formatCount(sure)} of ${formatCount(frames.length)} frames differ for sure.`;
}

function diffModel(frames: Frames, { measure, unit, width, order }: Settings): FlameModel {
  const judged = Array.from({ length: frames.length }, (_, row) => judge(frames, row, measure, unit));
  const most = judged.reduce((max, { sure, shift }) => (sure ? Math.max(max, Math.abs(shift)) : max), 1e-12);
  const judgementAt = (row: number): Judgement => judged[row] ?? { shift: 0, half: 0, sure: false, before: 0, after: 0 };
  const oneSided = (row: number): 'new' | 'gone' | null => {
    const [before, after] = [at(frames.total[0] ?? [], row), at(frames.total[1] ?? [], row)];
    return before === 0 && after > 0 ? 'new' : after === 0 && before > 0 ? 'gone' : null;
  };
  return {
    frames,
    layout: layOut(frames, diffWidths(frames, width, unit), order),
    label: (row) => {
      const { sure, shift } = judgementAt(row);
      return `${sure ? (shift > 0 ? '▲ ' : '▼ ') : ''}${frames.names[row] ?? ''}`;
    },
    style: (row, palette) => {
      const { sure, shift } = judgementAt(row);
      const dashed = oneSided(row) !== null;
      if (!sure) return { fill: palette.dim, text: palette.dimText, dashed };
      const strength = 0.3 + 0.7 * Math.sqrt(Math.abs(shift) / most);
      return { fill: mix(palette.dim, shift > 0 ? palette.slower : palette.faster, strength), text: palette.frameText, dashed };
    },
    describe: (row) => describe(frames, row, judgementAt(row), { measure, unit, width, order }, oneSided(row)),
  };
}

function describe(frames: Frames, row: number, { before, after, shift, half, sure }: Judgement, { measure, unit }: Settings, side: 'new' | 'gone' | null): readonly (readonly [string, string])[] {
  const say = unit === 'time' ? formatTime : formatShare;
  const signed = (value: number): string => `${value > 0 ? '+' : ''}${say(value)}`;
  return [
    [measure, `${say(before)} → ${say(after)}`],
    ['shift', `${signed(shift)} ± ${say(half)}: ${sure ? (shift > 0 ? 'slower' : 'faster') : 'no sure difference'}`],
    ['runs', `${formatCount(at(frames.count[0] ?? [], row))} → ${formatCount(at(frames.count[1] ?? [], row))}`],
    ['stage', STAGE_LABELS[STAGES[at(frames.stage, row)] ?? 'unexplained']],
    ...(side === null ? [] : [['only', side === 'new' ? 'in the candidate (new)' : 'in the baseline (gone)'] as const]),
  ];
}
