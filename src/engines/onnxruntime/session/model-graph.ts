import type { OnnxGraph } from '../load/graph.js';
import { ofBuffer, readGraph } from '../load/read-graph.js';
import { readOnnxModel } from '../load/read-model.js';
import { WireError } from '../../../model/protobuf-wire.js';

/** A model as a program hands it to ONNX Runtime. */
export type ModelFile = { readonly kind: 'path'; readonly path: string } | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/**
 * The graph of a model, without weights.
 *
 * @throws WireError or UserError where it is no ONNX model: ONNX Runtime's own format, a damaged file
 */
export const graphOf = (model: ModelFile): OnnxGraph =>
  model.kind === 'path' ? readOnnxModel(model.path, 'unread').graph : graphInBytes(model.bytes);

/** ModelProto { graph = 7 }. */
function graphInBytes(bytes: Uint8Array): OnnxGraph {
  const fields = ofBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  let graph: OnnxGraph | undefined;
  while (fields.next(fields.end)) {
    if (fields.field === 7) graph = readGraph(fields, fields.enter());
  }
  if (graph === undefined) throw new WireError('the model holds no graph');
  return graph;
}
