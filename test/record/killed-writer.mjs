/** Records for ever and flushes as it goes; test/record/recording.test.ts kills it. Runs on the built dist/. */
import { Recorder } from '../../dist/record/recorder.js';
import { RecordingWriter } from '../../dist/record/writer.js';

const meta = {
  version: 1, originEpochNanos: '1', variants: [{ name: 'a', call: 'b' }], inputSignature: '', batch: 1, seed: 1,
  model: { name: 'm', path: null, runtime: 'layers-model', sha256: null, parameters: 1, nodes: 1, inputs: [], outputs: [] },
  environment: { inferscope: '', node: '', v8: '', platform: '', arch: '', cpu: '', cpuCount: 1, memoryBytes: 1, backend: '', tensorflow: null, packages: {}, flags: {}, threads: {}, hostHash: '' },
  tool: { insideNanos: 1, outsideNanos: 1, clockResolutionNanos: 1 },
};
const recorder = new Recorder();
const writer = new RecordingWriter(process.argv[2], meta);
for (let i = 0; ; i++) {
  recorder.callSync({ variant: 0, temperature: 'warm', round: 0, signature: '', batch: 1 }, recorder.interner.string('x'), 0, 4, (context) => {
    context.close(context.open(1, 1, 1));
  });
  writer.flush(recorder);
  if (i === 100) process.stdout.write('ready\n');
}
