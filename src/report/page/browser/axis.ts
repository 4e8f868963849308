import { formatTime } from '../../words.js';
import type { CallPicture } from './call-picture.js';
import { at } from './frames.js';
import { ROW_HEIGHT, type Viewport } from './paint.js';
import type { Palette } from './palette.js';

/** Pixels between two ticks, at least. */
const TICK_ROOM = 96;

/** Ticks in the first row, and pauses hatched across all rows. */
export function decorateTime(context: CanvasRenderingContext2D, palette: Palette, view: Viewport, picture: CallPicture): void {
  const place = (share: number): number => ((share - view.left) / view.span) * view.width;
  const step = niceStep((view.span * picture.spanNanos) / Math.max(1, view.width / TICK_ROOM));
  context.strokeStyle = palette.dimText;
  context.fillStyle = palette.ink;
  context.lineWidth = 1;
  const first = Math.ceil((view.left * picture.spanNanos) / step) * step;
  for (let nanos = first; nanos <= (view.left + view.span) * picture.spanNanos; nanos += step) {
    const x = Math.round(place(nanos / picture.spanNanos)) + 0.5;
    line(context, x, ROW_HEIGHT - 7, x, ROW_HEIGHT - 1);
    const text = nanos === 0 ? '0' : formatTime(nanos);
    if (x + context.measureText(text).width + 6 < view.width) context.fillText(text, x + 4, ROW_HEIGHT / 2);
  }
  const height = picture.layout.byDepth.length * ROW_HEIGHT;
  context.strokeStyle = palette.stages[at(picture.frames.stage, picture.pauses[0] ?? 0)] ?? palette.ink;
  for (const row of picture.pauses)
    hatch(
      context,
      Math.max(0, place(at(picture.layout.left, row))),
      Math.min(view.width, place(at(picture.layout.left, row) + at(picture.layout.width, row))),
      height,
    );
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1e-9, least)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * (1 - 1e-9)) ?? power * 10;
}

function hatch(context: CanvasRenderingContext2D, from: number, to: number, height: number): void {
  if (to <= from) return;
  context.save();
  context.globalAlpha = 0.55;
  context.beginPath();
  context.rect(from, ROW_HEIGHT, Math.max(1, to - from), height);
  context.clip();
  for (let x = from - height; x < to; x += 7) line(context, x, ROW_HEIGHT + height, x + height, ROW_HEIGHT);
  context.restore();
}

function line(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
