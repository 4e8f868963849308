/**
 * A process of its own for one side of a measured comparison: loads its model, then makes calls when it is told, recorded,
 * in turn with the process of the other side.
 */
import { EXIT, UserError } from '../../model/errors.js';
import { given } from '../../model/given.js';
import type { Parity } from '../../model/parity.js';
import { variantKey } from '../../model/variant.js';
import { GcObserver } from '../../record/gc-observer.js';
import { watchProcessMemory } from '../../record/process-memory.js';
import { Recorder } from '../../record/recorder.js';
import { RecordingWriter } from '../../record/writer.js';
import { ConditionWatch } from '../../record/conditions.js';
import { selectVariants, usualVariant } from '../select-variants.js';
import { oneCall, type CallOptions } from '../call-loop.js';
import { inProcessEngineOf } from '../../engines/engines.js';
import { answerEach } from '../child.js';
import { outputsOfCall } from '../outputs.js';
import type { PairAnswer, PairLoad, PairLoaded, PairRequest } from './pair-side.js';
import { recordingMeta } from '../profile-run.js';

/** Round of the calls before those that are measured. */
const WARM_UP_ROUND = -1;

/** What stays open between two questions. */
interface OpenSide {
  calls(round: number, calls: number): Promise<readonly number[]>;
  finish(parity: Parity | undefined): void;
}

let side: OpenSide | undefined;

async function load({ side: spec, level, file, pair }: PairLoad): Promise<PairLoaded> {
  const { model, from } = spec;
  const engine = await inProcessEngineOf(model, spec.options.runtime).open({ model, ...given({ from, backend: spec.options.backend }) });
  const loaded = await engine.load(model, spec.options);
  const variant = spec.variant === undefined ? usualVariant(loaded) : selectVariants(loaded, [spec.variant])[0];
  if (variant === undefined) throw new UserError(`${model} has no variant that can run.`, EXIT.badInput);
  await variant.prepare();
  const recorder = new Recorder();
  const meta = { ...recordingMeta({ engine, loaded, skipped: undefined, seed: spec.options.seed }, [variant]), pair };
  const writer = new RecordingWriter(file, meta);
  const instruments = engine.instrument({ recorder, level, purpose: 'measure' });
  const gc = new GcObserver(recorder);
  const watch = new ConditionWatch(engine.referenceWork().run);
  const options: CallOptions = {
    recorder,
    signature: loaded.inputSignature,
    batch: loaded.batch,
    memory: () => engine.memory(),
    processMemory: watchProcessMemory(),
  };
  instruments.enable();
  side = {
    calls: async (round, calls) => {
      const nanos: number[] = [];
      for (let call = 0; call < calls; call += 1) nanos.push(await oneCall({ variant, index: 0 }, 'warm', round, options));
      gc.flush();
      watch.look();
      writer.flush(recorder);
      return nanos;
    },
    finish: (parity) => {
      instruments.disable();
      gc.close();
      writer.conditions(watch.conditions());
      if (parity !== undefined) writer.parity(parity);
      writer.close(recorder);
    },
  };
  await oneCall({ variant, index: 0 }, 'cold-session', WARM_UP_ROUND, options);
  return {
    variant: variantKey(variant.variant),
    inputSignature: loaded.inputSignature,
    inputs: loaded.inputs,
    outputs: await outputsOfCall(engine, variant, loaded),
  };
}

await answerEach(async (question): Promise<PairAnswer> => {
  const request = question as PairRequest;
  switch (request.kind) {
    case 'load':
      return await load(request);
    case 'calls':
      return (await side?.calls(request.round, request.calls)) ?? [];
    case 'finish':
      side?.finish(request.parity);
      return null;
  }
});
