import type { Engine } from '../../engines/engine.js';
import type { RunnableVariant } from '../../model/runnable.js';
import type { ScriptVariant } from '../../model/script.js';
import { variantKey } from '../../model/variant.js';
import type { Recording, RecordingMeta } from '../../model/recording.js';
import { GcObserver } from '../../record/gc-observer.js';
import { Recorder } from '../../record/recorder.js';
import { isOwn } from './own-sources.js';
import { repairProfile } from './repair.js';
import { sampleV8 } from '../../record/v8-sampler.js';
import { tieSamples } from './tie-samples.js';
import type { V8Profile } from '../../record/v8-profile.js';
import { oneCall } from '../call-loop.js';
import { medianOrNaN } from '../rounds.js';

/** Fine enough to see a call of 100 µs after some hundred of them; coarse enough not to double its time. */
const INTERVAL_MICROS = 200;
const SECONDS = 1.5;
const MIN_CALLS = 20;
const MAX_SECONDS = 6;

/** One variant with V8 sampled. */
export interface SampledVariant {
  readonly stacks: ScriptVariant;
  readonly profile: V8Profile;
}

export interface ScriptCallOptions {
  readonly engine: Engine;
  readonly meta: RecordingMeta;
  readonly level: 'stages' | 'kernels';
  readonly signal: AbortSignal;
}

/**
 * Calls a prepared variant some more, now with V8 sampled and native operations named, and ties the samples to the
 * spans of these calls. Nothing of this is part of the recording whose latencies are reported.
 */
export async function sampleVariant(variant: RunnableVariant, index: number, options: ScriptCallOptions): Promise<SampledVariant> {
  const { engine, meta } = options;
  const recorder = new Recorder();
  const gc = new GcObserver(recorder);
  const instruments = engine.instrument({ recorder, level: options.level, purpose: 'sample-javascript' });
  instruments.enable();
  const latencies: number[] = [];
  try {
    const call = (): Promise<number> =>
      oneCall({ variant, index }, 'warm', -1, {
        recorder,
        memory: () => engine.memory(),
        signature: meta.inputSignature,
        batch: meta.batch,
      });
    // The first calls compile the wrappers and the functions with the names of the operations.
    for (let i = 0; i < 3; i++) await call();
    recorder.drain();
    const sampled = await sampleV8(INTERVAL_MICROS, async () => {
      const from = performance.now();
      const seconds = (): number => (performance.now() - from) / 1000;
      while (!options.signal.aborted && (seconds() < SECONDS || latencies.length < MIN_CALLS) && seconds() < MAX_SECONDS)
        latencies.push(await call());
      await new Promise((resolve) => setImmediate(resolve));
    });
    gc.flush();
    const { spans, calls, gc: pauses, lostSpans } = recorder.drain();
    const first = calls[0]?.rootSpan ?? 0;
    const recording: Recording = {
      meta,
      strings: recorder.interner.strings,
      details: recorder.interner.details,
      spans: rebased(spans, first),
      calls: calls.map((each) => ({ ...each, rootSpan: each.rootSpan - first })),
      gc: pauses,
      lostSpans,
      complete: true,
    };
    const profile = repairProfile(sampled.profile);
    const tied = tieSamples([{ recording, sampled: [{ ...sampled, profile }] }], isOwn);
    return {
      profile,
      stacks: {
        key: variantKey(variant.variant),
        calls: latencies.length,
        medianNanos: Math.round(medianOrNaN(latencies)),
        intervalMicros: INTERVAL_MICROS,
        ...tied,
      },
    };
  } finally {
    instruments.disable();
    gc.close();
  }
}

/** Rows of a drained batch count on from the batch before; alone they start at 0. */
const rebased = (spans: Recording['spans'], first: number): Recording['spans'] => ({
  ...spans,
  parent: spans.parent.map((row) => (row < 0 ? row : row - first)),
});
