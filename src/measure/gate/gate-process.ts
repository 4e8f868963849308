/** One process of the gate: comes to speed, measures, and answers with what it measured. */
import path from 'node:path';
import { measuredProcess } from '../../analyse/gate.js';
import { EXIT, UserError } from '../../model/errors.js';
import { variantKey } from '../../model/variant.js';
import { probe } from '../../record/conditions.js';
import { inProcessEngineOf } from '../../engines/engines.js';
import { answerEach } from '../child.js';
import { profileModel, type ProfileResult } from '../profile.js';
import { selectVariants, usualVariant } from '../select-variants.js';
import type { GateProcessMeasured, GateProcessRequest, GateProcessVariants } from './processes.js';
import type { ProfileOptions } from '../profile-options.js';

/** Long enough for a call that nothing disturbed, short enough for twenty. */
const SECONDS_PER_PROCESS = 1;
const REFERENCES_PER_ROUND = 3;

await answerEach((question) => {
  const request = question as GateProcessRequest;
  return request.ask === 'variants' ? variantsOf(request) : measure(request);
});

/** @throws UserError for whatever is wrong with the model, its inputs or the variants that were asked for */
async function variantsOf({ model, options }: GateProcessRequest): Promise<GateProcessVariants> {
  const engine = await inProcessEngineOf(model, options.runtime).open({ model });
  const loaded = await engine.load(model, options);
  try {
    const usual = usualVariant(loaded);
    if (usual === undefined) throw new UserError(`${model} has no variant that can run.`, EXIT.badInput);
    const chosen = options.variants === undefined ? [usual] : selectVariants(loaded, options.variants);
    return { variants: chosen.map(({ variant }) => variantKey(variant)) };
  } finally {
    loaded.dispose();
  }
}

type Measure = Extract<GateProcessRequest, { readonly ask: 'measure' }>;

async function measure({ model, options, settleSeconds, folder }: Measure): Promise<GateProcessMeasured> {
  const engine = await inProcessEngineOf(model, options.runtime).open({ model });
  const { run: reference } = engine.referenceWork();
  const run = (name: string, more: ProfileOptions, betweenRounds: () => void): Promise<ProfileResult> =>
    profileModel(model, {
      level: 'stages',
      controls: 'none',
      ...options,
      ...more,
      out: path.join(folder, name),
      onProgress: (_run, phase) => (phase === 'measure' ? betweenRounds() : undefined),
    });
  if (settleSeconds > 0) {
    const seconds = settleSeconds * (options.variants?.length ?? 1);
    await run('settling', { duration: seconds, signal: AbortSignal.timeout(seconds * 1000) }, () => {
      reference();
      probe();
    });
  }
  const [referenceNanos, loopNanos]: [number[], number[]] = [[], []];
  const length = options.calls === undefined ? { duration: options.duration ?? SECONDS_PER_PROCESS } : {};
  const { recording, analysis } = await run('measured', length, () => {
    for (let time = 0; time < REFERENCES_PER_ROUND; time += 1) referenceNanos.push(reference());
    loopNanos.push(probe());
  });
  return { measured: measuredProcess(recording, analysis, { referenceNanos, loopNanos }), meta: recording.meta };
}
