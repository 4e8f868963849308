import path from 'node:path';
import { messageOf } from '../../model/errors.js';
import type { RecordingMeta } from '../../model/recording.js';
import { SCRIPT_STACKS_VERSION, type ScriptStacks, type ScriptVariant } from '../../model/script.js';
import type { RunnableVariant } from '../../model/runnable.js';
import { variantKey } from '../../model/variant.js';
import { fileSafe } from '../../report/formats.js';
import type { WrittenFile } from '../../report/input.js';
import { writeScriptStacks } from '../../runs/stacks-file.js';
import { writeFile } from '../../runs/write-file.js';
import { sampleVariant } from './script-calls.js';
import type { Engine } from '../../engines/engine.js';
import { renderWithZeroX } from './zero-x.js';
import { STACKS } from '../../runs/stacks-file.js';

export interface ScriptPhaseOptions {
  readonly engine: Engine;
  readonly meta: RecordingMeta;
  readonly level: 'stages' | 'kernels';
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface ScriptPhaseResult {
  readonly stacks: ScriptStacks;
  readonly files: readonly WrittenFile[];
  /** What could not be done, in words. */
  readonly notes: readonly string[];
}

/**
 * After the measured calls: calls each variant some more with V8 sampled, and writes into the run folder's `js/` a
 * `.cpuprofile` and 0x's page a variant, and the stacks by span. A variant or a page that fails is a note.
 */
export async function scriptPhase(
  variants: readonly { readonly variant: RunnableVariant; readonly index: number }[],
  options: ScriptPhaseOptions,
): Promise<ScriptPhaseResult> {
  const sampled: ScriptVariant[] = [];
  const files: WrittenFile[] = [];
  const notes: string[] = [];
  for (const { variant, index } of variants) {
    if (options.signal.aborted) break;
    const key = variantKey(variant.variant);
    const base = path.join(options.folder, 'js', fileSafe(key));
    try {
      const { stacks, profile } = await sampleVariant(variant, index, options);
      sampled.push(stacks);
      writeFile(`${base}.cpuprofile`, JSON.stringify(profile));
      files.push({ format: 'cpuprofile', path: `${base}.cpuprofile` });
      await renderWithZeroX(`${base}.cpuprofile`, `${base}.html`, `${options.meta.model.name} ${key}`);
      files.push({ format: '0x', path: `${base}.html` });
    } catch (thrown) {
      notes.push(`JavaScript of ${key}: ${messageOf(thrown)}`);
    }
  }
  const stacks: ScriptStacks = { version: SCRIPT_STACKS_VERSION, variants: sampled };
  const file = path.join(options.folder, STACKS);
  writeFile(file, writeScriptStacks(stacks));
  return { stacks, files: [...files, { format: 'script-stacks', path: file }], notes };
}
