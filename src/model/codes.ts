import { spanKindCode } from './span.js';
import { stageCode } from './stage.js';

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
  queue: stageCode('queue'),
  building: stageCode('graph-building'),
  kernels: stageCode('kernel-execution'),
  fetch: stageCode('fetch'),
  glue: stageCode('glue'),
  unexplained: stageCode('unexplained'),
} as const;
