/**
 * Runs beside `inferscope run`, in its process group, for two things that the command cannot do itself:
 *
 * - tell a signal to the whole group (Ctrl-C), which the program has got too, from one to the command alone, which is to be
 *   passed on: it counts the signals that it hears, and answers how many;
 * - end the program when the command is gone without a word (SIGKILL): the channel between them closes then.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PASSED_ON, type SignalAnswer, type SignalQuestion } from './passed-on.js';
import { isAlive, processTree } from './process-tree.js';

/** As long as a program may take to end after SIGTERM. */
const PATIENCE_MILLIS = 2000;
const LOOK_EVERY_MILLIS = 50;
const STILL_TO_COME_MILLIS = 200;

const program = Number(process.argv[2]);
const [began] = processTree(program);
const heard = new Map<NodeJS.Signals, number>();

for (const signal of PASSED_ON) process.on(signal, () => heard.set(signal, (heard.get(signal) ?? 0) + 1));
process.on('message', (question: SignalQuestion) => void answer(question));
process.once('disconnect', () => void endProgram());

/** A group's processes get a signal one after the other: the question may come first. */
async function answer({ signal, known }: SignalQuestion): Promise<void> {
  const count = (): number => heard.get(signal) ?? 0;
  for (let waited = 0; waited < STILL_TO_COME_MILLIS && count() <= known; waited += LOOK_EVERY_MILLIS) await sleep(LOOK_EVERY_MILLIS);
  const said: SignalAnswer = { signal, heard: count() };
  process.send?.(said);
}

async function endProgram(): Promise<void> {
  const tree = began === undefined || !isAlive(began) ? [] : processTree(program);
  if (tree.length > 0) kill(program, 'SIGTERM');
  for (let waited = 0; waited < PATIENCE_MILLIS && tree.some(isAlive); waited += LOOK_EVERY_MILLIS) await sleep(LOOK_EVERY_MILLIS);
  for (const each of tree) if (isAlive(each)) kill(each.pid, 'SIGKILL');
  process.exit();
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}
