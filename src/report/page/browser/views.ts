import type { FlameCanvas } from './flame-canvas.js';

/** A view with its place in the page. */
export interface View {
  readonly host: HTMLElement;
  /** Builds it the first time it is asked, and gives its canvases. */
  readonly build: () => Promise<readonly FlameCanvas[]>;
}

/** How long the page leaves the reader alone before it builds what nobody has scrolled to yet. */
const QUIET_MILLIS = 250;

/**
 * Builds the first view at once, the others when the reader sees their place, and what is then left while the reader
 * rests (so that printing shows all): tens of thousands of frames take a moment in each view.
 */
export function startViews([opening, ...rest]: readonly View[]): { readonly first: Promise<void>; readonly all: Promise<void> } {
  const first = opening === undefined ? Promise.resolve() : drawn(opening);
  return { first, all: first.then(() => buildRest(rest)) };
}

/** Builds a view, until it is on screen. */
async function drawn({ build }: View): Promise<void> {
  await Promise.all((await build()).map((canvas) => canvas.drawn()));
}

async function buildRest(views: readonly View[]): Promise<void> {
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) void views.find(({ host }) => host === target)?.build();
  });
  for (const { host } of views) seen.observe(host);
  const reader = new Reader();
  for (const view of views) {
    await reader.rests();
    await idle();
    await drawn(view);
  }
  reader.forget();
  seen.disconnect();
}

/** Notes when the reader last did something: a zoom that meets a view being built would wait for it. */
class Reader {
  #acted = performance.now();
  readonly #act = (): void => void (this.#acted = performance.now());

  constructor() {
    for (const event of ACTS) window.addEventListener(event, this.#act, { capture: true, passive: true });
  }

  /** Resolves once the reader has done nothing for a while. */
  async rests(): Promise<void> {
    for (let left = QUIET_MILLIS; left > 0; left = this.#acted + QUIET_MILLIS - performance.now())
      await new Promise((done) => setTimeout(done, left));
  }

  forget(): void {
    for (const event of ACTS) window.removeEventListener(event, this.#act, { capture: true });
  }
}

const ACTS = ['click', 'pointerdown', 'keydown', 'wheel'] as const;

/** Not every browser tells when it is idle. */
const idle = (): Promise<unknown> =>
  new Promise((done) => ('requestIdleCallback' in window ? requestIdleCallback(done, { timeout: 1000 }) : setTimeout(done)));
