import type { CallSite } from '../../engines/call-site.js';
import type { EngineCopy } from '../../engines/in-program.js';
import { RECORDING_VERSION } from '../../model/recording.js';
import type { ModelInfo, RecordingMeta } from '../../model/recording.js';
import { PROGRAM } from '../../model/variant.js';
import { originEpochNanos } from '../../record/clock.js';
import { measureToolCost } from '../../record/tool-cost.js';

/** A call's site, with the state that its model was in when the call began, and the copy that it was seen in. */
export interface LiveSite extends CallSite {
  readonly variant: string;
  readonly copy: EngineCopy;
}

type Common = Pick<RecordingMeta, 'environment' | 'tool' | 'originEpochNanos'>;

/** What a recording of a program says of a model beyond its calls: nothing of it is known. */
export const modelInProgram = (name: string, runtime: string): ModelInfo => ({
  name,
  path: null,
  runtime,
  sha256: null,
  parameters: null,
  nodes: null,
  inputs: [],
  outputs: [],
});

/** What spans say about environment and tool: looked up once a copy, when its first call ends. */
export function metaOfCalls(): (site: LiveSite) => RecordingMeta {
  const known = new WeakMap<EngineCopy, Common>();
  const commonOf = (copy: EngineCopy): Common => {
    const common = known.get(copy) ?? { environment: copy.environment(), tool: measureToolCost(), originEpochNanos: originEpochNanos() };
    known.set(copy, common);
    return common;
  };
  return ({ runtime, call, model, variant, copy }) => ({
    ...commonOf(copy),
    version: RECORDING_VERSION,
    model: modelInProgram(copy.nameOf(model) ?? PROGRAM, runtime),
    variants: [{ name: variant, call }],
    inputSignature: 'unknown',
    batch: 1,
    seed: 0,
  });
}
