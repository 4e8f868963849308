import { SPAN_KINDS } from '../../../model/span.js';
import { formatCount, formatShare, formatTime, stageLabel } from '../../words.js';
import { at, type Frames } from './frames.js';
import { layOut, type Order } from './layout.js';
import type { FlameModel } from './paint.js';
import { stageStyle } from './palette.js';

/** ` ×100`: how often the frame runs in a call, where that is more than once (loop iterations, a layer's kernels). */
const times = (count: number): string => (count >= 1.5 ? ` ×${formatCount(Math.round(count))}` : '');

/** What the widths are: time per call, the share of a profile, or the time inside an operation when called so. */
export type Width = 'total' | 'profile' | 'called';

/** A tree coloured by stage. */
export function treeModel(frames: Frames, width: Width, order: Order = 'width'): FlameModel {
  const own = frames.self[0] ?? new Float64Array(frames.length);
  const total = frames.total[0] ?? own;
  const all = Math.max(1e-9, at(total, 0));
  const per = width === 'profile' ? '' : ' per call';
  return {
    frames,
    layout: layOut(frames, own, order),
    label: (row) => `${frames.names[row] ?? ''}${width === 'called' ? '' : times(at(frames.count[0] ?? [], row))}`,
    style: (row, palette) => stageStyle(palette, at(frames.stage, row), frames.names[row] ?? ''),
    describe: (row) => {
      const shapes = frames.shapes[row] ?? '';
      const share = (nanos: number): string => `${formatTime(nanos)}${per}, ${formatShare(nanos / all)}`;
      const stage = ['stage', stageLabel(at(frames.stage, row))] as const;
      if (width === 'called') return [['inside it, when called so', share(at(total, row))], stage];
      return [
        ['total', share(at(total, row))],
        ['self', share(at(own, row))],
        ...(SPAN_KINDS[at(frames.kind, row)] === 'script'
          ? []
          : [['runs', `${formatCount(at(frames.count[0] ?? [], row))}${per}`] as const]),
        stage,
        ['kind', SPAN_KINDS[at(frames.kind, row)] ?? ''],
        ...(shapes === '' ? [] : [['shapes', shapes] as const]),
      ];
    },
  };
}
