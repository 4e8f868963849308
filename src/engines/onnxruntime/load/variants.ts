import { existsSync } from 'node:fs';
import path from 'node:path';
import { EXIT, UserError } from '../../../model/errors.js';
import type { RunnableVariant } from '../../../model/runnable.js';
import { scratchFolder, type ScratchFolder } from '../../scratch-folder.js';
import { explainError } from './explain-error.js';
import type { Feeds } from './feed.js';
import { dropFoldedInputs } from './folded-inputs.js';
import type { Ort, OrtSession, OrtTensor } from './library.js';
import { LEVELS, sessionOptions, type Level, type SessionSettings } from './session-options.js';

/** What every variant of a model is made from. */
export interface VariantContext {
  readonly ort: Ort;
  readonly file: string;
  readonly settings: SessionSettings;
  readonly feeds: () => Feeds;
  /** The model's weights lie in files beside it. */
  readonly weightsApart: boolean;
  /** Outputs to ask for, where not all of them are tensors. */
  readonly fetches: readonly string[] | undefined;
}

/**
 * The levels of the graph optimiser, from none on (`disabled`: the model as it was exported), and `offline`: what `all`
 * makes of it, written to a file once and opened without the optimiser. A variant's first call makes its session, so that
 * this is seen as part of the cold call.
 */
export const variantsOf = (context: VariantContext): readonly RunnableVariant[] => [
  ...LEVELS.map((level) => variantOf(context, level, () => openSession(context, context.file, level))),
  offlineVariant(context),
];

export const openSession = ({ ort, settings }: Pick<VariantContext, 'ort' | 'settings'>, file: string, level: Level): Promise<OrtSession> =>
  ort.InferenceSession.create(file, sessionOptions(level, settings));

/** Writes what the optimiser makes of a model, weights included: in a file of their own where the model has them so. */
export async function writeOptimised(
  { ort, file, settings, weightsApart }: Pick<VariantContext, 'ort' | 'settings' | 'file' | 'weightsApart'>,
  out: string,
): Promise<void> {
  const weights = weightsApart
    ? {
        optimized_model_external_initializers_file_name: `${path.basename(out)}.data`,
        optimized_model_external_initializers_min_size_in_bytes: '1024',
      }
    : {};
  const session = await ort.InferenceSession.create(file, sessionOptions('all', settings, { optimizedModelFilePath: out }, weights));
  await session.release();
  if (!existsSync(out))
    throw new UserError(
      'This onnxruntime-node does not write optimised models (it does from 1.21): npm install onnxruntime-node@latest.',
      EXIT.unavailable,
    );
  dropFoldedInputs(file, out);
}

function offlineVariant(context: VariantContext): RunnableVariant {
  let folder: ScratchFolder | undefined;
  const open = (): Promise<OrtSession> => openSession(context, path.join(folder?.path ?? '', 'offline.onnx'), 'disabled');
  const variant = variantOf(context, 'offline', open);
  return {
    ...variant,
    prepare: async () => {
      if (folder !== undefined) return;
      folder = scratchFolder('onnx-files');
      await writeOptimised(context, path.join(folder.path, 'offline.onnx'));
    },
    dispose: () => {
      variant.dispose();
      folder?.remove();
      folder = undefined;
    },
  };
}

function variantOf({ feeds, fetches }: VariantContext, name: Level | 'offline', open: () => Promise<OrtSession>): RunnableVariant {
  let session: Promise<OrtSession> | undefined;
  return {
    variant: { name, call: 'run', ...(name === 'disabled' ? {} : { compiler: 'onnxruntime' as const }) },
    async: true,
    prepare: () => Promise.resolve(),
    call: async () => {
      const fed = feeds();
      try {
        session ??= open();
        const ready = await session;
        return await ready.run(fed, fetches);
      } catch (thrown) {
        throw explainError(thrown, fed);
      }
    },
    // The binding copies outputs to JavaScript before the call ends.
    fetch: () => undefined,
    release: (result) => {
      for (const tensor of Object.values(result as Readonly<Record<string, OrtTensor>>)) tensor.dispose?.();
    },
    dispose: () => {
      const last = session;
      session = undefined;
      void last?.then((open) => open.release()).catch(() => undefined);
    },
  };
}
