/** Tensors that a program keeps, in words. */
import { leakFinding, type KeptTensors } from '../../analyse/findings/leaks.js';
import type { HeldGroup, Leak } from '../../model/held-tensors.js';

const number = (value: number): string => String(Number(value.toPrecision(3)));
const placesOf = ({ places }: HeldGroup): string => (places.length === 0 ? '' : ` (${places.slice(0, 2).join(', ')})`);

/** One sentence for what is kept by calls, one for each model that is loaded again and again. */
export function leakSentences(leaks: readonly Leak[]): readonly string[] {
  const { loads, kept } = leakFinding(leaks);
  return [...loads.map(loadSentence), ...(kept === null ? [] : [keptSentence(kept)])];
}

function loadSentence(leak: Leak): string {
  return `The model ${leak.model ?? ''} was created or loaded ${leak.occasions} times, and the ${number(leak.perOccasion)} tensors of each load stay: ${leak.tensors} tensors after ${leak.calls} calls. Load it once and keep it, or call model.dispose()${placesOf(leak)}.`;
}

function keptSentence({ leaks, tensors, perCall, calls }: KeptTensors): string {
  const parts = leaks.map(
    (leak) =>
      `${number(leak.perOccasion)} per call ${leak.where === 'call' ? 'made by the call itself' : 'made between calls'}${placesOf(leak)}`,
  );
  return `${number(perCall)} ${perCall === 1 ? 'tensor stays' : 'tensors stay'} with each call: ${tensors} after ${calls} calls; ${parts.join(', ')}. Dispose of them, or make them in tf.tidy(), which keeps variables and what it returns.`;
}
