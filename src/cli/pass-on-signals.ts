import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PASSED_ON, type SignalAnswer, type SignalQuestion } from './passed-on.js';

/** As long as an answer may take on a busy machine; a guardian that was ended says so at once. */
const ANSWER_MILLIS = 5000;

/**
 * Until the program has ended: passes signals on that came to this process alone, and has the program ended when this
 * process is killed. Gives what ends both.
 */
export function passOnSignals(program: ChildProcess): () => void {
  const guardian = startGuardian(program);
  const groupSignals = new Map<NodeJS.Signals, number>();
  // One question after the other: a signal to this process alone that follows one to the group must not be taken for it.
  let asked = Promise.resolve();
  const onSignal = (signal: NodeJS.Signals): void => {
    asked = asked.then(async () => {
      const known = groupSignals.get(signal) ?? 0;
      if ((await heardByGroup(guardian, { signal, known })) > known) groupSignals.set(signal, known + 1);
      else program.kill(signal);
    });
  };
  for (const signal of PASSED_ON) process.on(signal, onSignal);
  return () => {
    for (const signal of PASSED_ON) process.off(signal, onSignal);
    guardian?.kill('SIGKILL');
  };
}

/** None where processes are used up: the program matters more. */
function startGuardian(program: ChildProcess): ChildProcess | undefined {
  if (program.pid === undefined || process.platform === 'win32') return undefined;
  const guardian = fork(fileURLToPath(new URL('guardian.js', import.meta.url)), [String(program.pid)], {
    env: { ...process.env, NODE_OPTIONS: '' },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  guardian.on('error', () => undefined);
  guardian.unref();
  guardian.channel?.unref();
  return guardian;
}

/** How often the whole group has got this signal. One that came while the guardian was starting has ended it. */
async function heardByGroup(guardian: ChildProcess | undefined, { signal, known }: SignalQuestion): Promise<number> {
  if (guardian === undefined) return 0;
  return await new Promise<number>((resolve) => {
    const end = (heard: number): void => {
      clearTimeout(late);
      guardian.off('message', onMessage);
      guardian.off('exit', onExit);
      resolve(heard);
    };
    const onMessage = (answer: SignalAnswer): void => {
      if (answer.signal === signal) end(answer.heard);
    };
    const onExit = (_: number | null, by: NodeJS.Signals | null): void => end(by === signal ? 1 : 0);
    const late = setTimeout(() => end(0), ANSWER_MILLIS);
    if (guardian.exitCode !== null || guardian.signalCode !== null) {
      end(guardian.signalCode === signal ? 1 : 0);
      return;
    }
    guardian.on('message', onMessage);
    guardian.on('exit', onExit);
    const question: SignalQuestion = { signal, known };
    guardian.send(question, () => undefined);
  });
}
