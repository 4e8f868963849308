import type { LoadedModel, RunnableVariant } from '../model/runnable.js';
import { withoutControlsSentence, type WithoutControls } from '../report/words/trust.js';
import { asControl, variantKey, type Control } from '../model/variant.js';

/** What a run is judged by, and what was left out. */
export interface Controls {
  readonly variants: readonly RunnableVariant[];
  readonly skipped: readonly string[];
  dispose(): void;
}

/** For a run that skips them on purpose. */
export const noControls = (why: WithoutControls): Controls => ({
  variants: [],
  skipped: [withoutControlsSentence(why)],
  dispose: () => undefined,
});

/**
 * The controls of a run: its baseline from a second copy of the model, and its baseline without recording. Where a
 * second copy costs too much memory (`second` is null) the same copy runs twice.
 */
export function controlsOf(baseline: RunnableVariant, second: LoadedModel | null): Controls {
  const same = second?.variants.find(({ variant }) => variantKey(variant) === variantKey(baseline.variant));
  return {
    variants: [labelled(same ?? baseline, 'again'), labelled(baseline, 'unrecorded')],
    skipped: [],
    dispose: () => {
      same?.dispose();
      second?.dispose();
    },
  };
}

/** The same calls under a control's name. What several share is disposed by its owner. */
const labelled = (runnable: RunnableVariant, control: Control): RunnableVariant => ({
  ...runnable,
  variant: asControl(runnable.variant, control),
  dispose: () => undefined,
});
