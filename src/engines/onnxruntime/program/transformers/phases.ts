import { KIND, STAGE } from '../../../../model/codes.js';
import type { CallScope, NameTable } from '../../../../model/recorder.js';
import type { NameIds } from '../../../name-ids.js';

/** Before a model, the model, after it. */
export type Phase = 'adapter' | 'model' | 'post';

const STAGE_OF = { adapter: STAGE.adapter, post: STAGE.fetch } as const;
const NAME_OF = { adapter: 'data-adapter', post: 'post-processing' } as const;

/**
 * A pipeline's call, from end to end: data adapter until its model begins, post-processing once that is done, and again
 * where it runs several. Steps that run within another, or beside it, are part of that one; only the text that a model
 * streams while it generates is told. Of a model's own call, all is the model.
 */
export class Phases {
  readonly #serial: number;
  #stage: { readonly phase: 'adapter' | 'post'; readonly row: number } | undefined;
  #depth = 0;
  #row = -1;
  #outermost: Phase = 'model';
  #streaming = false;

  /** `model`: the class whose own call it is; undefined of a pipeline. */
  constructor(
    private readonly scope: CallScope,
    private readonly names: NameIds,
    private readonly table: NameTable,
    model: string | undefined,
  ) {
    this.#serial = scope.serial;
    if (model === undefined) this.#open('adapter');
    else this.enter('model', 'model', model);
  }

  /** Whether the call of these phases is still under way: its scope may be another call's by now. */
  get over(): boolean {
    return this.scope.serial !== this.#serial || this.scope.top < 0;
  }

  /** `node`: whose step it is, a class of the program's. */
  enter(phase: Phase, name: string, node: string): void {
    if (this.#depth++ > 0 || this.over) return;
    this.#outermost = phase;
    if (phase === 'model') this.#close();
    else if (this.#stage?.phase !== phase) {
      this.#close();
      this.#open(phase);
    }
    const stage = phase === 'model' ? STAGE.glue : STAGE_OF[phase];
    this.#row = this.#step(name, node, phase === 'model' ? KIND.call : KIND.stage, stage);
  }

  get inModel(): boolean {
    return this.#depth > 0 && this.#outermost === 'model';
  }

  /** A step that runs while a model does: told up to its first wait, after which others may run beside it. */
  stream(name: string, node: string, body: () => unknown): unknown {
    if (this.#streaming) return body();
    this.#streaming = true;
    const row = this.#step(name, node, KIND.stage, STAGE.fetch);
    try {
      return body();
    } finally {
      this.#streaming = false;
      this.scope.close(row);
    }
  }

  #step(name: string, node: string, kind: number, stage: number): number {
    const row = this.scope.open(this.names.of(name), kind, stage);
    this.scope.setDetail(row, this.table.detail({ node }));
    return row;
  }

  leave(phase: Phase): void {
    if (--this.#depth > 0 || this.over) return;
    this.scope.close(this.#row);
    if (phase === 'model') this.#open('post');
  }

  #open(phase: 'adapter' | 'post'): void {
    this.#stage = { phase, row: this.scope.open(this.names.of(NAME_OF[phase]), KIND.stage, STAGE_OF[phase]) };
  }

  #close(): void {
    if (this.#stage !== undefined) this.scope.close(this.#stage.row);
    this.#stage = undefined;
  }
}
