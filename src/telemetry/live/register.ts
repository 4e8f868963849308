/**
 * `node --import inferscope/register app.js`, or `--require`: instruments the engines that the program loads, when it
 * loads them; a process that never does costs nothing.
 *
 * Spans go to whatever tracer provider the program registers; without one, calls run as if this were not here. Under
 * `inferscope run` the calls are recorded to a run folder instead. Nothing here waits: `--require` must be done when it
 * returns.
 */
import { messageOf } from '../../model/errors.js';
import { PROGRAM_ENGINES } from '../../engines/program-engines.js';
import { configFromEnvironment } from './environment-config.js';
import { InferenceInstrumentation } from './inference-instrumentation.js';
import { RUN_FOLDER_VARIABLE, recordProgram } from './record-program.js';

/**
 * The program is done, and is not kept alive by its exporter for longer than the deadline: the exporter's own sockets would
 * hold it for their time-out. Where someone else has work to do at the end, too, it ends when that is done.
 */
async function end(instrumentation: InferenceInstrumentation): Promise<void> {
  const { late, lost } = await instrumentation.end();
  if (lost !== undefined) process.stderr.write(`inferscope: ${lost}\n`);
  if (late && process.listenerCount('beforeExit') === 0) process.exit();
}

// Before anything here can fail: engines must work whatever becomes of the instrumentation.
for (const engine of PROGRAM_ENGINES) engine.prepare?.();

try {
  const folder = process.env[RUN_FOLDER_VARIABLE];
  if (folder === undefined || folder === '') {
    const instrumentation = new InferenceInstrumentation(configFromEnvironment());
    process.once('beforeExit', () => void end(instrumentation));
  } else recordProgram(folder);
} catch (thrown) {
  // A program must start whatever becomes of its instrumentation.
  process.stderr.write(`inferscope: not instrumented: ${messageOf(thrown)}\n`);
}
