/** Records for ever and flushes as it goes; test/record/recording.test.ts kills it. Runs on the built dist/. */
import { Recorder } from '../../dist/record/recorder.js';
import { RecordingWriter } from '../../dist/record/writer.js';

const recorder = new Recorder();
const writer = new RecordingWriter(process.argv[2], JSON.parse(process.argv[3]));
for (let i = 0; ; i++) {
  recorder.callSync({ variant: 0, temperature: 'warm', round: 0, signature: '', batch: 1 }, recorder.interner.string('x'), 0, 4, (context) => {
    context.close(context.open(1, 1, 1));
  });
  writer.flush(recorder);
  if (i === 100) process.stdout.write('ready\n');
}
