/** One process of the gate: comes to speed, measures, and answers with what it measured. */
import path from 'node:path';
import { measuredProcess } from '../../analyse/gate.js';
import { EXIT, UserError } from '../../model/errors.js';
import { variantKey } from '../../model/variant.js';
import { probe } from '../../record/conditions.js';
import type { Engine } from '../../engines/engine.js';
import { inProcessEngineOf } from '../../engines/engines.js';
import { answerEach } from '../child.js';
import { profileModel, type ProfileResult } from '../profile.js';
import { usualVariant } from '../select-variants.js';
import type { GateProcessAnswer, GateProcessRequest } from './processes.js';
import type { ProfileOptions } from '../profile-options.js';

/** Long enough for a call that nothing disturbed, short enough for twenty. */
const SECONDS_PER_PROCESS = 1;
const REFERENCES_PER_ROUND = 3;

await answerEach(async (request): Promise<GateProcessAnswer> => {
  const { model, options, settleSeconds, folder } = request as GateProcessRequest;
  const engine = await inProcessEngineOf(model, options.runtime).open({ model });
  const variants = options.variants ?? [await firstVariant(model, options, engine)];
  const { run: reference } = engine.referenceWork();
  const run = (name: string, more: ProfileOptions, betweenRounds: () => void): Promise<ProfileResult> =>
    profileModel(model, {
      level: 'stages',
      controls: 'none',
      ...options,
      ...more,
      variants,
      out: path.join(folder, name),
      onProgress: (_run, phase) => (phase === 'measure' ? betweenRounds() : undefined),
    });
  if (settleSeconds > 0) {
    const seconds = settleSeconds * variants.length;
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
});

async function firstVariant(model: string, options: ProfileOptions, engine: Engine): Promise<string> {
  const loaded = await engine.load(model, options);
  const first = usualVariant(loaded);
  loaded.dispose();
  if (first === undefined) throw new UserError(`${model} has no variant that can run.`, EXIT.badInput);
  return variantKey(first.variant);
}
