import type { PageData } from '../page-data.js';
import type { PackedSpans } from '../page-spans.js';
import { countOf, formatBytes, formatCount, formatShare, formatTime, stageLabel } from '../../words.js';
import { decorateTime } from './axis.js';
import { pictureOf, type CallPicture } from './call-picture.js';
import { button, el, zoomButtons } from './dom.js';
import { FlameCanvas } from './flame-canvas.js';
import { at } from './frames.js';
import type { Navigator } from './navigator.js';
import { newest } from './page-source.js';
import type { FlameModel } from './paint.js';
import { stageStyle } from './palette.js';
import { literal, searchBox, type Searched } from './search-box.js';
import type { UrlState } from './url-state.js';

/** Operations listed under the critical path. */
const TOP = 5;

/** Single calls in time order. */
export async function buildCallView(host: HTMLElement, navigator: Navigator, state: UrlState): Promise<FlameCanvas> {
  const { source } = navigator;
  const { data } = source;
  const one = wordFor(data);
  const canvas = new FlameCanvas(`One ${one} in time order`);
  const select = el('select', {}, ...callOptions(data));
  const path = button('Critical path', 'Dim what the call did not wait for', () => {
    path.setAttribute('aria-pressed', String(path.getAttribute('aria-pressed') !== 'true'));
    state.set('path', path.getAttribute('aria-pressed') === 'true' ? '1' : '');
    void show();
  });
  path.setAttribute('aria-pressed', String(state.get('path') === '1'));
  let searched: Searched | null = null;
  const search = searchBox(
    canvas,
    () => searched,
    () => undefined,
  );
  const facts = el('p', { class: 'facts', role: 'status' });
  const show = newest(
    async () => {
      const call = Number(select.value);
      return { call, spans: await source.call(at(data.calls.spans, call)) };
    },
    ({ call, spans }) => {
      const picture = pictureOf(spans, data.strings);
      const model = callModel(picture, path.getAttribute('aria-pressed') === 'true');
      searched = { frames: picture.frames, widths: model.layout.width };
      canvas.show(model);
      facts.replaceChildren(...factsOf(picture, spans, one), ' ', ...navigator.trace(call));
      search.run();
    },
  );
  select.addEventListener('change', () => {
    state.set('call', select.value);
    void show();
  });
  navigator.openCall = async (call, find) => {
    select.value = String(call);
    state.set('call', String(call));
    search.input.value = find === '' ? '' : `^${literal(find)}$`;
    await show();
    host.closest('section')?.scrollIntoView();
    canvas.focus();
  };
  host.append(
    el(
      'div',
      { class: 'controls' },
      el('label', { class: 'control' }, el('span', {}, one === 'call' ? 'Call' : 'Trace'), select),
      path,
      search.root,
      ...zoomButtons(canvas, 'call'),
    ),
    canvas.root,
    facts,
    el(
      'p',
      { class: 'muted' },
      one === 'call'
        ? 'Time runs to the right. What ran at the same time, on another thread or in another call, is on a lane of its own below; garbage collection is at the bottom and hatched across. The calls here are the first, the slowest, the median and a few more of each variant; the recording has them all.'
        : 'Time runs to the right. What ran at the same time is on a lane of its own below. The traces here are the slowest, the median and a few more; the file has them all.',
    ),
  );
  const slowest = data.strings.indexOf('slowest');
  const wanted =
    state.get('call') === '' ? String(data.calls.reasons.findIndex((reasons) => reasons.includes(slowest))) : state.get('call');
  if ([...select.options].some(({ value }) => value === wanted)) select.value = wanted;
  await show();
  return canvas;
}

/** What is drawn: a call of ours, or a trace of another tool. */
const wordFor = ({ whole }: PageData): 'call' | 'trace' => (whole === 'profile' ? 'trace' : 'call');

/** Calls with spans, by variant, each with why it is here. */
function callOptions(data: PageData): readonly HTMLElement[] {
  const { calls, variants, strings } = data;
  return variants.flatMap(({ label }, variant) => {
    const own = calls.spans
      .flatMap((spans, call) => (spans >= 0 && at(calls.variant, call) === variant ? [call] : []))
      .sort((a, b) => at(calls.spans, a) - at(calls.spans, b));
    if (own.length === 0) return [];
    const options = own.map((call) =>
      el(
        'option',
        { value: String(call) },
        `${label}: ${(calls.reasons[call] ?? []).map((reason) => strings[reason]).join(', ')} – ${wordFor(data)} ${at(calls.number, call)}, ${formatTime(at(calls.latency, call))}`,
      ),
    );
    return [el('optgroup', { label }, ...options)];
  });
}

function factsOf(
  { frames, onPath, spanNanos, lanes, pauses }: CallPicture,
  { leftOut, callsLeftOut }: PackedSpans,
  one: 'call' | 'trace',
): readonly (Node | string)[] {
  const beside =
    lanes === 1
      ? 'Nothing ran beside anything else, so the critical path is all of it.'
      : `Up to ${formatCount(lanes)} things ran at once.`;
  // A layer and an operation may share a name.
  const byFrame = new Map<string, { readonly name: string; nanos: number }>();
  for (let row = 1; row < frames.length; row++) {
    const name = frames.names[row] ?? '';
    const key = `${at(frames.kind, row)} ${name}`;
    const known = byFrame.get(key) ?? { name, nanos: 0 };
    known.nanos += at(onPath, row);
    byFrame.set(key, known);
  }
  const top = [...byFrame.values()]
    .filter(({ nanos }) => nanos > 0)
    .sort((a, b) => b.nanos - a.nanos)
    .slice(0, TOP);
  return [
    `${beside} On the critical path longest: `,
    ...top.flatMap(({ name, nanos }, i) => [
      i === 0 ? '' : ', ',
      el('code', {}, name),
      ` ${formatTime(nanos)} (${formatShare(nanos / spanNanos)})`,
    ]),
    '.',
    pauses.length === 0 ? '' : ` ${countOf(pauses.length, 'garbage collection pause')}.`,
    leftOut === 0 ? '' : ` ${formatCount(leftOut)} of the shortest spans are left out here.`,
    callsLeftOut === 0
      ? ''
      : ` ${countOf(callsLeftOut, `more ${one}`)} that ran at the same time ${callsLeftOut === 1 ? 'is' : 'are'} not drawn.`,
  ];
}

function callModel(picture: CallPicture, onlyPath: boolean): FlameModel {
  const { frames, layout, onPath, start } = picture;
  const total = frames.total[0] ?? new Float64Array();
  const reached = pathReaches(picture);
  return {
    frames,
    layout,
    label: (row) => frames.names[row] ?? '',
    style: (row, palette) => {
      if (row === 0) return { fill: palette.ground, text: palette.ink, dashed: false };
      if (onlyPath && at(reached, row) === 0) return { fill: palette.dim, text: palette.dimText, dashed: false };
      return stageStyle(palette, at(frames.stage, row), frames.names[row] ?? '');
    },
    describe: (row) => {
      if (row === 0) return [['length', formatTime(picture.spanNanos)]];
      const shapes = frames.shapes[row] ?? '';
      const node = picture.node[row] ?? '';
      return [
        ['took', formatTime(at(total, row))],
        ['from', `${formatTime(at(start, row))} after the start`],
        ['self', formatTime(at(frames.self[0] ?? [], row))],
        ['on the critical path', `${formatTime(at(onPath, row))} itself`],
        ['stage', stageLabel(at(frames.stage, row))],
        ...(node === '' ? [] : [['node', node] as const]),
        ...(shapes === '' ? [] : [['shapes', shapes] as const]),
        ...(at(picture.bytes, row) === 0 ? [] : [['memory', formatBytes(at(picture.bytes, row))] as const]),
      ];
    },
    decorate: (context, palette, view) => {
      decorateTime(context, palette, view, picture);
    },
  };
}

/** Rows on the path or above one that is. */
function pathReaches({ frames, onPath }: CallPicture): Uint8Array {
  const reached = Uint8Array.from(onPath, (nanos) => (nanos > 0 ? 1 : 0));
  for (let row = frames.length - 1; row > 0; row--) if (at(reached, row) > 0) reached[at(frames.parent, row)] = 1;
  return reached;
}
