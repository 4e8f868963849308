/**
 * A process of its own for a trial of what is fixed when a process starts, such as TensorFlow's threads. Told once what
 * to load, then how many calls to make; answers with their latencies.
 */
import { EXIT, UserError } from '../../model/errors.js';
import { given } from '../../model/given.js';
import { variantKey } from '../../model/variant.js';
import { inProcessEngineOf } from '../../engines/engines.js';
import { answerEach } from '../child.js';
import { sideOf, type TrialSide } from './trial-rounds.js';
import type { TrialAnswer, TrialRequest } from '../process-side.js';

async function load({ model, variant: wanted, options }: TrialRequest & { readonly kind: 'load' }): Promise<TrialSide> {
  const engine = await inProcessEngineOf(model, options.runtime).open({ model, ...given({ backend: options.backend }) });
  const { variants } = await engine.load(model, options);
  const variant = variants.find((one) => variantKey(one.variant) === wanted);
  if (variant === undefined) throw new UserError(`${wanted} does not exist in another process.`, EXIT.badInput);
  await variant.prepare();
  return sideOf(variant);
}

let side: TrialSide | undefined;

await answerEach(async (question): Promise<TrialAnswer> => {
  const request = question as TrialRequest;
  if (request.kind === 'load') side = await load(request);
  return request.kind === 'calls' && side !== undefined ? await side(request.calls) : [];
});
