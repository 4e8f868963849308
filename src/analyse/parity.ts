import type { Environment, ModelInfo, RecordingMeta } from '../model/recording.js';
import type { Difference } from '../model/parity.js';

/** Whatever knows what it was recorded from. */
export interface WithMeta {
  readonly meta: RecordingMeta;
}

type Fields = readonly (readonly [field: string, scope: Difference['scope'], a: unknown, b: unknown])[];

/**
 * What makes two runs unlike: model, what was fed, backend and library, threads, Node.js, environment, machine.
 * The variants may differ; they are what is compared.
 */
export function unlikeRuns(a: WithMeta, b: WithMeta): readonly Difference[] {
  const left = a.meta;
  const right = b.meta;
  const fields: Fields = [
    ...modelFields(left.model, right.model),
    ['input signature', 'run', left.inputSignature, right.inputSignature],
    ['batch size', 'run', left.batch, right.batch],
    ...environmentFields(left.environment, right.environment),
  ];
  return fields
    .map(([field, scope, one, other]) => ({ field, scope, baseline: words(one), candidate: words(other) }))
    .filter(({ baseline, candidate }) => baseline !== candidate);
}

/** The hash tells; a model passed as an object has none, so what can be seen of it is compared. */
function modelFields(a: ModelInfo, b: ModelInfo): Fields {
  const seen = (model: ModelInfo): unknown => [model.name, model.parameters, model.nodes];
  const known = a.sha256 !== null && b.sha256 !== null;
  return [
    ['model', 'run', known ? a.sha256 : seen(a), known ? b.sha256 : seen(b)],
    ['runtime', 'run', a.runtime, b.runtime],
    ['model signature', 'run', a.signature, b.signature],
  ];
}

function environmentFields(a: Environment, b: Environment): Fields {
  const tables = (kind: string, left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): Fields =>
    [...new Set([...Object.keys(left), ...Object.keys(right)])]
      .sort()
      .map((name) => [`${kind} ${name}`, 'run', left[name], right[name]] as const);
  return [
    ['backend', 'run', a.backend, b.backend],
    ['TensorFlow', 'run', a.tensorflow, b.tensorflow],
    ['Node.js', 'run', a.node, b.node],
    ['intra-op threads', 'run', a.threads.intraOp, b.threads.intraOp],
    ['inter-op threads', 'run', a.threads.interOp, b.threads.interOp],
    ...tables('package', a.packages, b.packages),
    ...tables('flag', a.flags, b.flags),
    ['CPU', 'machine', a.cpu, b.cpu],
    ['CPU count', 'machine', a.cpuCount, b.cpuCount],
    ['platform', 'machine', `${a.platform}/${a.arch}`, `${b.platform}/${b.arch}`],
    ['machine', 'machine', a.hostHash, b.hostHash],
  ];
}

const words = (value: unknown): string =>
  value === undefined || value === null ? 'not set' : typeof value === 'string' ? value : JSON.stringify(value);

/** True when the two runs come from different machines: times cannot be compared, shares can. */
export const otherMachine = (a: WithMeta, b: WithMeta): boolean => a.meta.environment.hostHash !== b.meta.environment.hostHash;
