import type { ModelInfo } from '../../../model/recording.js';
import type { LoadedModel } from '../../../model/runnable.js';
import type { InputSpec } from '../../../inputs/arrays.js';
import { makeFeed } from './feed.js';
import type { LoadOptions } from './options.js';
import type { CommonContext, VariantContext } from './variants/context.js';
import { variantsFor } from './variants/table.js';

/** What each loader's context starts from. */
export type AssembledParts = Omit<CommonContext, 'tf'>;

/**
 * The last step of each loader: makes the inputs and the variants of a model.
 *
 * @throws UserError when the given inputs or shapes do not fit `specs`.
 */
export function assemble(
  info: ModelInfo,
  specs: readonly InputSpec[],
  options: LoadOptions,
  contextOf: (parts: AssembledParts) => VariantContext,
  notes: string[] = [],
): LoadedModel {
  const feed = makeFeed(options.tf, specs, options, notes);
  const variants = variantsFor(
    contextOf({ info, feed, notes, feedWith: (other) => makeFeed(options.tf, specs, { ...options, ...other }, []) }),
    options.families,
  );
  return {
    info,
    variants,
    inputs: specs,
    inputSignature: feed.signature,
    batch: feed.batch,
    notes,
    dispose: () => {
      for (const variant of variants) variant.dispose();
      feed.dispose();
    },
  };
}
