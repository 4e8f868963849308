import type { NameTable } from '../../../model/recorder.js';
import { spanKindCode } from '../../../model/span.js';
import { stageCode } from '../../../model/stage.js';

/** Numbers of kinds and stages, looked up once: the hot path compares and stores numbers only. */
export const KIND = {
  call: spanKindCode('call'),
  stage: spanKindCode('stage'),
  layer: spanKindCode('layer'),
  dispatch: spanKindCode('dispatch'),
  kernel: spanKindCode('kernel'),
  transfer: spanKindCode('transfer'),
  pass: spanKindCode('pass'),
  native: spanKindCode('native'),
} as const;

export const STAGE = {
  adapter: stageCode('data-adapter'),
  building: stageCode('graph-building'),
  kernels: stageCode('kernel-execution'),
  fetch: stageCode('fetch'),
  glue: stageCode('glue'),
  unexplained: stageCode('unexplained'),
} as const;

/** Names to numbers with one map look-up; names are few. */
export class NameIds {
  readonly #ids = new Map<string, number>();
  constructor(private readonly table: NameTable) {}

  of(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.table.string(name);
      this.#ids.set(name, id);
    }
    return id;
  }
}
