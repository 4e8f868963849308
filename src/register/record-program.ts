import path from 'node:path';
import { threadId } from 'node:worker_threads';
import type { TensorFlowSession } from '../api/tensorflow-session.js';
import { Instrumentation } from '../instrument/instrumentation.js';
import type { CallSite } from '../instrument/calls.js';
import { RECORDING_VERSION } from '../model/recording.js';
import type { RecordingMeta } from '../model/recording.js';
import { originEpochNanos } from '../record/clock.js';
import { GcObserver } from '../record/gc-observer.js';
import { Recorder } from '../record/recorder.js';
import { measureToolCost } from '../record/tool-cost.js';
import { RecordingWriter } from '../record/writer.js';
import { describeEnvironment } from '../runtime/environment.js';
import { signatureOf } from './signature.js';

/** Set by `inferscope run` for the program it starts. */
export const RUN_FOLDER_VARIABLE = 'INFERSCOPE_RUN_FOLDER';

/** Methods that are inference calls, each a variant of its own; the table is written before the first call. */
const CALLS = ['predict', 'predictOnBatch', 'apply', 'execute', 'executeAsync', 'predictAsync'];

/** Milliseconds after a call until it is on disk. */
const FLUSH_MILLIS = 200;

/** Records every call that the running program makes to `folder/recordings/`, one file a process and thread. */
export function recordProgram(session: TensorFlowSession, folder: string): void {
  const recorder = new Recorder({ onCallEnd: () => flushSoon() });
  const gc = new GcObserver(recorder);
  const seen = new WeakMap<object, Set<string>>();
  let writer: RecordingWriter | undefined;
  let timer: NodeJS.Timeout | undefined;
  const flushSoon = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      gc.flush();
      writer?.flush(recorder);
    }, FLUSH_MILLIS).unref();
  };
  const policy = (site: CallSite) => {
    const { signature, batch } = signatureOf(site.inputs);
    const known = seen.get(site.model) ?? new Set<string>();
    const temperature = known.size === 0 ? 'cold-session' : known.has(signature) ? 'warm' : 'cold-signature';
    seen.set(site.model, known.add(signature));
    writer ??= new RecordingWriter(path.join(folder, 'recordings', `${process.pid}-${threadId}.isr`), metaOf(session, site, signature, batch));
    return { variant: Math.max(0, CALLS.indexOf(site.call)), temperature, round: -1, signature, batch } as const;
  };
  new Instrumentation({ tf: session.seams, inner: session.inner, recorder, policy }).enable();
  process.on('exit', () => {
    gc.close();
    writer?.close(recorder);
  });
}

function metaOf(session: TensorFlowSession, { runtime }: CallSite, inputSignature: string, batch: number): RecordingMeta {
  return {
    version: RECORDING_VERSION,
    originEpochNanos: originEpochNanos(),
    model: { name: path.basename(process.argv[1] ?? 'program'), path: null, runtime, sha256: null, parameters: null, nodes: null, inputs: [], outputs: [] },
    environment: describeEnvironment(session.tf),
    variants: CALLS.map((call) => ({ name: 'program', call })),
    inputSignature,
    batch,
    seed: 0,
    tool: measureToolCost(),
  };
}
