/**
 * `node --import inferscope/register app.js`: instruments the program's own TensorFlow before the program starts.
 *
 * Spans go to whatever tracer provider the program registers; without one, calls run as if this were not here. Under
 * `inferscope run` the calls are recorded to a run folder instead.
 */
import path from 'node:path';
import { openTensorFlow } from '../api/tensorflow-session.js';
import { messageOf } from '../model/errors.js';
import { InferenceInstrumentation } from './inference-instrumentation.js';
import { RUN_FOLDER_VARIABLE, recordProgram } from './record-program.js';

const program = process.argv[1];
try {
  const session = await openTensorFlow(program === undefined ? process.cwd() : path.dirname(path.resolve(program)));
  const folder = process.env[RUN_FOLDER_VARIABLE];
  if (folder === undefined || folder === '') {
    const instrumentation = new InferenceInstrumentation();
    instrumentation.attach(session.seams, session.inner);
    process.on('beforeExit', () => void instrumentation.flush());
  } else recordProgram(session, folder);
} catch (thrown) {
  // A program must start whatever becomes of its instrumentation.
  process.stderr.write(`inferscope: not instrumented: ${messageOf(thrown)}\n`);
}
