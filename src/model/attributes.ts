/**
 * OpenTelemetry attribute names: the only place that spells them.
 *
 * Stable conventions are used where they fit; everything else sits under `inference.`, written so that it can be
 * proposed as a convention for non-generative model inference. The README's table is checked against this file.
 */
export const ATTRIBUTE = {
  runtime: 'inference.runtime',
  variant: 'inference.variant',
  callStyle: 'inference.call',
  stage: 'inference.stage',
  temperature: 'inference.temperature',
  signature: 'inference.input.signature',
  batch: 'inference.input.batch_size',
  modelName: 'inference.model.name',
  modelHash: 'inference.model.sha256',
  spanKind: 'inference.span.kind',
  op: 'inference.kernel.op',
  node: 'inference.kernel.node',
  layer: 'inference.kernel.layer',
  fused: 'inference.kernel.fused',
  inputShapes: 'inference.kernel.input.shapes',
  outputShapes: 'inference.kernel.output.shapes',
  inputDtypes: 'inference.kernel.input.dtypes',
  outputDtypes: 'inference.kernel.output.dtypes',
  outputBytes: 'inference.kernel.output.bytes',
  repeat: 'inference.kernel.repeat',
  cause: 'inference.graph_building.cause',
  backend: 'inference.backend.name',
  tensorflow: 'inference.backend.version',
  errorType: 'error.type',
} as const;
