import { existsSync } from 'node:fs';
import path from 'node:path';
import { byModel } from '../../analyse/models.js';
import type { Recording } from '../../model/recording.js';
import { SCRIPT_STACKS_VERSION, type ScriptVariant } from '../../model/script.js';
import { variantKey } from '../../model/variant.js';
import { programSamplesOf } from '../../runs/program-samples.js';
import { STACKS, writeScriptStacks } from '../../runs/stacks-file.js';
import { writeFile } from '../../runs/write-file.js';
import { medianOrNaN } from '../rounds.js';
import { isOwn } from './own-sources.js';
import { repairProfile } from './repair.js';
import { tieSamples, type SampledRecording } from './tie-samples.js';

/**
 * Of a program that was sampled while it was recorded: writes the stacks by span, for the report. A run without samples is left as it is.
 *
 * @param given the run's recordings
 * @throws UserError when the folder cannot be read or written
 */
export function writeProgramScripts(folder: string, given: readonly Recording[]): void {
  if (!existsSync(path.join(folder, 'js'))) return;
  const samples = programSamplesOf(folder).map((each) => ({ ...each, profile: repairProfile(each.profile) }));
  const { recordings } = byModel(given);
  const keys = new Set(recordings.flatMap(({ meta }) => meta.variants.map(variantKey)));
  const variants = [...keys].flatMap((key) => variantOf(key, recordings, samples) ?? []);
  writeFile(path.join(folder, STACKS), writeScriptStacks({ version: SCRIPT_STACKS_VERSION, variants }));
}

function variantOf(key: string, recordings: readonly Recording[], samples: ReturnType<typeof programSamplesOf>): ScriptVariant | undefined {
  const callsOf = ({ meta, calls }: Recording): Recording['calls'] =>
    calls.filter(({ variant }) => {
      const known = meta.variants[variant];
      return known !== undefined && variantKey(known) === key;
    });
  const parts = recordings.flatMap((recording): SampledRecording[] => {
    const roots = new Map(callsOf(recording).map(({ startNanos, rootSpan }) => [startNanos, rootSpan]));
    const sampled = samples
      .filter(({ pid }) => pid === recording.meta.pid)
      .map(({ calls, ...rest }) => ({ ...rest, roots: calls.map((began) => (began === null ? -1 : (roots.get(began) ?? -1))) }));
    return sampled.length === 0 ? [] : [{ recording, sampled }];
  });
  const tied = tieSamples(parts, isOwn);
  if (tied.samples === 0) return undefined;
  const calls = recordings.flatMap((recording) => callsOf(recording));
  return {
    key,
    calls: calls.length,
    medianNanos: Math.round(medianOrNaN(calls.map(({ latencyNanos }) => latencyNanos))),
    intervalMicros: samples[0]?.intervalMicros ?? 0,
    inMeasuredCalls: true,
    ...tied,
  };
}
