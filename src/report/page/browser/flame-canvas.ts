import { el } from './dom.js';
import { at } from './frames.js';
import { firstChild, frameAt, neighbour } from './layout.js';
import { depthAt, paint, ROW_HEIGHT, rowWindow, type FlameModel, type RowWindow } from './paint.js';
import { readPalette, type Palette } from './palette.js';
import { hideTip, showTip } from './tip.js';

const HELP = 'Arrow keys move between frames, Enter zooms in, Backspace goes back, Home shows all.';

/** A flamegraph on a canvas with zoom, history, selection and a line of text that says what is selected. */
export class FlameCanvas {
  readonly root: HTMLElement;
  readonly #canvas = el('canvas', { tabindex: '0', role: 'application', 'aria-roledescription': 'flamegraph' });
  readonly #details = el('div', { class: 'details', role: 'status', 'aria-live': 'polite' });
  #model: FlameModel | null = null;
  #palette: Palette = readPalette();
  #matches: Uint8Array | null = null;
  #zoomed = 0;
  #selected = 0;
  #hovered = -1;
  #history: number[] = [];
  #planned = false;
  /** Called when the zoom or the selection changes. */
  onChange: (zoomed: number, selected: number) => void = () => undefined;

  constructor(label: string) {
    this.#canvas.setAttribute('aria-label', `${label}. ${HELP}`);
    this.root = el('div', { class: 'flame' }, el('div', { class: 'flame-scroll' }, this.#canvas), this.#details);
    this.#listen();
  }

  show(model: FlameModel): void {
    this.#model = model;
    this.#zoomed = 0;
    this.#selected = 0;
    this.#hovered = -1;
    this.#history = [];
    this.#matches = null;
    this.describe();
    this.redraw();
  }

  mark(matches: Uint8Array | null): void {
    this.#matches = matches;
    this.redraw();
  }

  focus(): void {
    this.#canvas.focus({ preventScroll: true });
  }

  retheme(): void {
    this.#palette = readPalette();
    this.redraw();
  }

  zoomTo(row: number): void {
    if (this.#model === null || row === this.#zoomed || row >= this.#model.frames.length || at(this.#model.layout.width, row) <= 0) return;
    this.#history.push(this.#zoomed);
    this.#zoomed = row;
    this.#select(row);
  }

  back(): void {
    const last = this.#history.pop();
    if (last === undefined) return;
    this.#zoomed = last;
    this.#select(last);
  }

  reset(): void {
    this.zoomTo(0);
  }

  /** Until what was asked for is on screen. */
  async drawn(): Promise<void> {
    if (this.#planned) await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  }

  /** Draws at the next frame, once however often it is asked. */
  redraw(): void {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.draw();
    });
  }

  draw(): void {
    const model = this.#model;
    const context = this.#canvas.getContext('2d');
    if (model === null || context === null) return;
    const width = Math.max(240, this.#canvas.parentElement?.clientWidth ?? 800);
    const rows = this.#rows(model);
    const height = rows.count * ROW_HEIGHT;
    const ratio = window.devicePixelRatio > 0 ? window.devicePixelRatio : 1;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#canvas.style.width = `${width}px`;
    this.#canvas.style.height = `${height}px`;
    context.scale(ratio, ratio);
    const { left, width: widths } = model.layout;
    paint(context, model, this.#palette, {
      left: at(left, this.#zoomed),
      span: Math.max(1e-12, at(widths, this.#zoomed)),
      width,
      rows,
      // Nobody chose the root: outlining it would only look heavy.
      selected: this.#selected > 0 || document.activeElement === this.#canvas ? this.#selected : -1,
      hovered: this.#hovered,
      matches: this.#matches,
    });
  }

  /** Those around the selected frame, which follows the zoom. */
  #rows({ frames, layout }: FlameModel): RowWindow {
    return rowWindow(layout.byDepth.length, at(frames.depth, this.#selected));
  }

  #listen(): void {
    const canvas = this.#canvas;
    canvas.addEventListener('mousemove', (event) => {
      this.#hover(this.#rowAt(event), event);
    });
    canvas.addEventListener('mouseleave', () => {
      this.#hover(-1, null);
    });
    canvas.addEventListener('click', (event) => {
      const row = this.#rowAt(event);
      if (row < 0) return;
      if (row === this.#zoomed) this.#select(row);
      else this.zoomTo(row);
    });
    for (const name of ['focus', 'blur']) canvas.addEventListener(name, () => this.redraw());
    canvas.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.#key(event.key)) event.preventDefault();
    });
    new ResizeObserver(() => this.redraw()).observe(this.root);
  }

  #key(key: string): boolean {
    const model = this.#model;
    if (model === null) return false;
    const { frames, layout } = model;
    const above = Math.max(0, at(frames.parent, this.#selected));
    const below = firstChild(frames, layout, this.#selected);
    const upsideDown = model.upsideDown === true;
    if (key === 'ArrowRight') this.#select(neighbour(frames, layout, this.#selected, 1));
    else if (key === 'ArrowLeft') this.#select(neighbour(frames, layout, this.#selected, -1));
    else if (key === 'ArrowDown') this.#select(upsideDown ? above : below);
    else if (key === 'ArrowUp') this.#select(upsideDown ? below : above);
    else if (key === 'Enter' || key === ' ') this.zoomTo(this.#selected);
    else if (key === 'Backspace' || key === 'Escape') this.back();
    else if (key === 'Home') this.reset();
    else return false;
    return true;
  }

  #rowAt(event: MouseEvent): number {
    const model = this.#model;
    if (model === null) return -1;
    const box = this.#canvas.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    const depth = depthAt(model, this.#rows(model), event.clientY - box.top);
    return frameAt(model.layout, depth, at(model.layout.left, this.#zoomed) + share * at(model.layout.width, this.#zoomed));
  }

  #hover(row: number, event: MouseEvent | null): void {
    if (this.#model === null || row < 0 || event === null) hideTip();
    else showTip(this.#model.frames.names[row] ?? '', this.#model.describe(row), event.clientX, event.clientY);
    if (row === this.#hovered) return;
    this.#hovered = row;
    this.redraw();
  }

  #select(row: number): void {
    this.#selected = row;
    this.describe();
    this.redraw();
    this.onChange(this.#zoomed, row);
  }

  /** Says what is selected, again when more is known about it. */
  describe(): void {
    const model = this.#model;
    if (model === null) return;
    const parts = model.describe(this.#selected).map(([term, value]) => el('span', {}, el('i', {}, term), ` ${value}`));
    this.#details.replaceChildren(el('b', {}, model.frames.names[this.#selected] ?? ''), ...parts, ...(model.more?.(this.#selected) ?? []));
  }
}
