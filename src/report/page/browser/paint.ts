import { at, type Frames } from './frames.js';
import type { Layout } from './layout.js';
import type { Palette, FrameStyle } from './palette.js';

/** What the canvas shows. */
export interface FlameModel {
  readonly frames: Frames;
  readonly layout: Layout;
  style(row: number, palette: Palette): FrameStyle;
  label(row: number): string;
  /** Term and value pairs for the tip and the details line. */
  describe(row: number): readonly (readonly [string, string])[];
  /** What the details line offers besides: buttons and links. */
  more?(row: number): readonly Node[];
  /** Drawn over the frames. */
  decorate?(context: CanvasRenderingContext2D, palette: Palette, view: Viewport): void;
  /** The root at the bottom: for callers, which grow upwards. */
  readonly upsideDown?: boolean;
}

/** What is on screen: `left`..`left + span` of the root's width. */
export interface Viewport {
  readonly left: number;
  readonly span: number;
  readonly width: number;
  readonly rows: RowWindow;
  readonly selected: number;
  readonly hovered: number;
  readonly matches: Uint8Array | null;
}

/** The depths that are drawn: a canvas cannot be as tall as a tree may be deep. */
export interface RowWindow {
  readonly first: number;
  readonly count: number;
}

/** Deeper trees are drawn this far at a time. */
const MAX_ROWS = 400;
/** Of what is above a frame, this much stays in sight. */
const ROWS_ABOVE = 20;

/** The rows to draw so that a frame of this depth is among them. */
export function rowWindow(levels: number, depth: number): RowWindow {
  const count = Math.min(MAX_ROWS, levels);
  return { first: Math.max(0, Math.min(levels - count, depth < count - ROWS_ABOVE ? 0 : depth - ROWS_ABOVE)), count };
}

export const ROW_HEIGHT = 21;
const FONT = '11.5px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';

/** Draws the visible frames; what is narrower than a third of a pixel shares a pixel with its neighbours. */
export function paint(context: CanvasRenderingContext2D, model: FlameModel, palette: Palette, view: Viewport): void {
  context.font = FONT;
  context.textBaseline = 'middle';
  const letter = context.measureText('m').width;
  for (let depth = view.rows.first; depth < view.rows.first + view.rows.count; depth++) {
    const level = model.layout.byDepth[depth] ?? NO_ROWS;
    let drawnTo = -1;
    for (let i = firstVisible(level, model.layout, view.left); i < level.length; i++) {
      const row = at(level, i);
      const x0 = ((at(model.layout.left, row) - view.left) / view.span) * view.width;
      if (x0 > view.width) break;
      const x1 = x0 + (at(model.layout.width, row) / view.span) * view.width;
      if (x1 < drawnTo + 0.34) continue;
      paintFrame(context, model, palette, view, {
        row,
        x0: Math.max(0, x0),
        x1: Math.min(view.width, x1),
        y: rowTop(model, view.rows, depth),
        letter,
      });
      drawnTo = x1;
    }
  }
  model.decorate?.(context, palette, view);
}

const NO_ROWS = new Int32Array();

/** Top of the rows of a depth, and the other way round. */
const rowTop = ({ upsideDown }: FlameModel, { first, count }: RowWindow, depth: number): number =>
  (upsideDown === true ? first + count - 1 - depth : depth - first) * ROW_HEIGHT;

export function depthAt({ upsideDown }: FlameModel, { first, count }: RowWindow, y: number): number {
  const place = Math.floor(y / ROW_HEIGHT);
  return upsideDown === true ? first + count - 1 - place : first + place;
}

interface Box {
  readonly row: number;
  readonly x0: number;
  readonly x1: number;
  readonly y: number;
  readonly letter: number;
}

function paintFrame(context: CanvasRenderingContext2D, model: FlameModel, palette: Palette, view: Viewport, box: Box): void {
  const { row, x0, x1, y, letter } = box;
  const width = x1 - x0;
  const faded = view.matches !== null && at(view.matches, row) === 0;
  const style = faded ? { fill: palette.dim, text: palette.dimText, dashed: false } : model.style(row, palette);
  context.fillStyle = style.fill;
  context.fillRect(x0, y, Math.max(0.5, width - (width > 3 ? 1 : 0)), ROW_HEIGHT - 1);
  if (style.dashed && width > 6) outline(context, box, style.text, [3, 3], 1);
  if (width > letter * 3 + 8) writeLabel(context, model.label(row), style.text, box);
  if (row === view.selected) outline(context, box, palette.ink, [], 2);
  else if (row === view.hovered) outline(context, box, palette.ink, [], 1);
}

function writeLabel(context: CanvasRenderingContext2D, label: string, colour: string, { x0, x1, y, letter }: Box): void {
  const room = Math.floor((x1 - x0 - 9) / letter);
  context.fillStyle = colour;
  context.fillText(label.length <= room ? label : `${label.slice(0, Math.max(1, room - 1))}…`, x0 + 4, y + ROW_HEIGHT / 2);
}

function outline(context: CanvasRenderingContext2D, { x0, x1, y }: Box, colour: string, dash: number[], line: number): void {
  context.setLineDash(dash);
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.strokeRect(x0 + line / 2, y + line / 2, Math.max(1, x1 - x0 - 1 - line), ROW_HEIGHT - 1 - line);
  context.setLineDash([]);
}

/** First frame of a level whose right edge is inside the view. */
function firstVisible(level: Int32Array, layout: Layout, left: number): number {
  let low = 0;
  let high = level.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = at(level, middle);
    if (at(layout.left, row) + at(layout.width, row) <= left) low = middle + 1;
    else high = middle;
  }
  return low;
}
