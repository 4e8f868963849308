import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { EXIT, UserError } from '../../../../model/errors.js';
import { count, tensor } from '../../../../model/schemas.js';
import { shapeCheck } from '../../../../model/shape-check.js';
import type { InputSpec } from '../../../../inputs/arrays.js';
import { withLimit } from '../../../../inputs/arrays.js';
import { flowOfMetaGraph } from '../flow-graphs.js';
import { indexLimit } from '../index-limits.js';
import { decodeSavedModel, type Endpoint, type MetaGraph, type SignatureDef } from './proto.js';
import { selectGraph, selectSignature } from './select.js';
import { countVariables, usedVariables } from './variables.js';

/** What `saved_model.pb` says of one signature; its numbers are checked. */
export interface SavedModelDescription {
  readonly graph: MetaGraph;
  readonly signature: string;
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly Endpoint[];
  /** Floating-point values in the variables that it uses. */
  readonly parameters: number;
  readonly usesVariables: boolean;
}

/** The bytes of `saved_model.pb`. @throws UserError for a pipe or a device, which would never end */
export function readSavedModelFile(directory: string): Uint8Array {
  const file = path.join(directory, 'saved_model.pb');
  if (!statSync(file).isFile()) throw new UserError(`${file} is not a file: copy the whole SavedModel directory.`);
  return readFileSync(file);
}

/**
 * Reads a signature's side of a `saved_model.pb`, to the last field that anything needs: nothing behind this door meets
 * bytes that do not decode, or a shape that cannot be.
 *
 * @throws UserError when it is damaged, or has no such tags or signature (with the ones it has).
 */
export function describeSavedModel(
  bytes: Uint8Array,
  directory: string,
  { tags, signature }: { readonly tags?: readonly string[]; readonly signature?: string },
): SavedModelDescription {
  try {
    const graphs = decodeSavedModel(bytes);
    if (graphs.length === 0)
      throw new UserError(`${path.join(directory, 'saved_model.pb')} holds no graph: export or copy the model again.`);
    const graph = selectGraph(graphs, tags, directory);
    const selected = selectSignature(graph, signature, directory);
    return checked(describe(graph, selected.name, selected.signature));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${path.join(directory, 'saved_model.pb')} is damaged: export or copy the model again.`, EXIT.badInput, {
      cause: error,
    });
  }
}

function describe(graph: MetaGraph, signature: string, endpoints: SignatureDef): SavedModelDescription {
  const variables = usedVariables(graph, endpoints);
  const flow = flowOfMetaGraph(graph);
  return {
    graph,
    signature,
    inputs: endpoints.inputs.map((endpoint) => withLimit(specOf(endpoint), indexLimit(flow, endpoint.tensor.split(':')[0] ?? ''))),
    outputs: endpoints.outputs,
    parameters: countVariables(variables),
    usesVariables: variables.length > 0,
  };
}

const specOf = ({ name, dtype, shape, unknownRank }: Endpoint): InputSpec =>
  unknownRank ? { name, dtype, shape, unknownRank } : { name, dtype, shape };

const tensors = { type: 'array', items: tensor } as const;
const check = shapeCheck(() =>
  new Ajv({ strictTypes: false }).compile({
    type: 'object',
    required: ['inputs', 'outputs', 'parameters'],
    properties: { inputs: tensors, outputs: tensors, parameters: count },
  }),
);

function checked(description: SavedModelDescription): SavedModelDescription {
  const problem = check(description);
  if (problem !== null) throw new RangeError(`${problem.field} ${problem.why}`);
  return description;
}
