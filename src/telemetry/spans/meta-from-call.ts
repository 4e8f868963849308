import { ATTRIBUTE } from '../../model/attributes.js';
import { cleanFlags } from '../../model/environment-variables.js';
import type { Environment, ModelInfo, RecordingMeta } from '../../model/recording.js';
import type { SpanNode } from './span-tree.js';

/** What a call's root span says about model, environment and tool; what no attribute says is `unknown`. */
export function metaFromCall(call: SpanNode): Omit<RecordingMeta, 'version' | 'originEpochNanos' | 'variants'> {
  const { attributes } = call;
  return {
    model: modelFrom(call),
    environment: environmentFrom(call),
    inputSignature: attributes.text(ATTRIBUTE.signature) ?? 'unknown',
    batch: attributes.amount(ATTRIBUTE.batch) ?? 1,
    seed: 0,
    tool: {
      insideNanos: attributes.amount(ATTRIBUTE.toolInside) ?? 0,
      outsideNanos: attributes.amount(ATTRIBUTE.toolOutside) ?? 0,
      clockResolutionNanos: attributes.amount(ATTRIBUTE.clockResolution) ?? 0,
    },
  };
}

function modelFrom({ attributes }: SpanNode): ModelInfo {
  return {
    name: attributes.text(ATTRIBUTE.modelName) ?? 'unknown',
    path: null,
    runtime: attributes.text(ATTRIBUTE.runtime) ?? 'layers-model',
    sha256: attributes.text(ATTRIBUTE.modelHash) ?? null,
    parameters: attributes.amount(ATTRIBUTE.modelParameters) ?? null,
    nodes: attributes.amount(ATTRIBUTE.modelNodes) ?? null,
    inputs: [],
    outputs: [],
  };
}

function environmentFrom({ attributes, resource, scopeVersion }: SpanNode): Environment {
  const text = (name: string): string => attributes.text(name) ?? resource.text(name) ?? 'unknown';
  return {
    inferscope: scopeVersion ?? 'unknown',
    node: text('process.runtime.version'),
    v8: text(ATTRIBUTE.v8),
    platform: text(ATTRIBUTE.platform),
    arch: text(ATTRIBUTE.arch),
    cpu: text(ATTRIBUTE.cpu),
    cpuCount: attributes.amount(ATTRIBUTE.cpuCount) ?? 0,
    memoryBytes: attributes.amount(ATTRIBUTE.memoryBytes) ?? 0,
    backend: text(ATTRIBUTE.backend),
    tensorflow: attributes.text(ATTRIBUTE.tensorflow) ?? null,
    packages: pairs(attributes.list(ATTRIBUTE.packages), '@'),
    threads: {
      intraOp: attributes.amount(ATTRIBUTE.intraOpThreads) ?? null,
      interOp: attributes.amount(ATTRIBUTE.interOpThreads) ?? null,
    },
    flags: cleanFlags(pairs(attributes.list(ATTRIBUTE.flags), '=')),
    hostHash: text('host.id'),
  };
}

/** `name@version` or `NAME=value`, cut at the last separator for the first and at the first one for the second. */
function pairs(items: readonly string[] | undefined, separator: '@' | '='): Record<string, string> {
  const cut = (item: string): number => (separator === '@' ? item.lastIndexOf('@') : item.indexOf('='));
  return Object.fromEntries((items ?? []).map((item) => [item.slice(0, cut(item)), item.slice(cut(item) + 1)]));
}
