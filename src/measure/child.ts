import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { heapIsFull, V8_HAS_NO_MEMORY } from '../model/full-heap.js';
import { EXIT, messageOf, UserError, type ExitCode } from '../model/errors.js';

/** A process of ours, asked one thing at a time. */
export interface Child<Question, Answer> {
  /** @throws UserError with what went wrong there, or when the process ended before it answered. */
  readonly ask: (question: Question) => Promise<Answer>;
  readonly close: () => void;
}

/** What a child sends back. */
export type Reply<Answer> = { readonly answer: Answer } | { readonly failure: string; readonly exitCode: ExitCode };

export interface ChildOptions {
  /** Variables beside our own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Another Node.js than this one. */
  readonly nodePath?: string;
  /** Ends the process. */
  readonly signal?: AbortSignal;
}

/** Beside this file when built; in dist/ when the sources run directly (tests). */
const PLACES = ['./', '../../dist/measure/'];

/**
 * Starts a process that answers with {@link answerEach}. `entry`: its file from this folder on, without `.js`.
 * Its output would stand between ours and is not shown; the last line of what it wrote to stderr is told where it ends by itself.
 * @throws UserError when it is not built.
 */
export async function startChild<Question extends object, Answer>(
  entry: string,
  { env = {}, nodePath, signal }: ChildOptions = {},
): Promise<Child<Question, Answer>> {
  const file = PLACES.map((place) => fileURLToPath(new URL(`${place}${entry}.js`, import.meta.url))).find((place) => existsSync(place));
  if (file === undefined) throw new UserError(`The process ${entry} is not built: run \`npm run build\`.`, EXIT.unavailable);
  // Loaded when it is needed: it is no CommonJS, which this file is bundled into.
  const { execaNode } = await import('execa');
  const child = execaNode(file, {
    env,
    stdin: 'ignore',
    stdout: 'ignore',
    ipc: true,
    reject: false,
    execArgv: [],
    ...(nodePath === undefined ? {} : { nodePath }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  const ask = async (question: Question): Promise<Answer> => {
    let reply: Reply<Answer>;
    try {
      const [received] = await Promise.all([child.getOneMessage(), child.sendMessage({ ...question })]);
      reply = received as unknown as Reply<Answer>;
    } catch (thrown) {
      const ended = await child;
      if (ended.code === 'ENOENT' || ended.code === 'EACCES')
        throw new UserError(
          `${nodePath ?? process.execPath} cannot be started (${ended.code}): give the path of a Node.js.`,
          EXIT.notFound,
          { cause: thrown },
        );
      if (ended.signal === 'SIGKILL')
        throw new UserError(
          'The process that runs the model was killed, perhaps because memory ran out: use a smaller --batch, or free some memory.',
          EXIT.unavailable,
          { cause: thrown },
        );
      if (V8_HAS_NO_MEMORY.test(ended.stderr)) throw new UserError(heapIsFull([]), EXIT.unavailable, { cause: thrown });
      throw new UserError(`The process that runs the model ended before it answered: ${endOf(ended)}.`, EXIT.unavailable, {
        cause: thrown,
      });
    }
    if ('failure' in reply) throw new UserError(reply.failure, reply.exitCode);
    return reply.answer;
  };
  return { ask, close: () => void child.kill() };
}

/** How a process ended, and the last thing it said. */
function endOf({ signal, exitCode, stderr }: { readonly signal?: string; readonly exitCode?: number; readonly stderr?: string }): string {
  const said = (stderr ?? '').trim().split('\n').at(-1) ?? '';
  return `${signal ?? `exit code ${exitCode ?? 'unknown'}`}${said === '' ? '' : `, ${said}`}`;
}

/** In the child: answers each question until the parent closes the channel or ends. */
export async function answerEach(answer: (question: unknown) => Promise<unknown>): Promise<void> {
  const { getEachMessage, sendMessage } = await import('execa');
  // A long answer must not outlive who asked.
  process.on('disconnect', () => process.exit());
  for await (const question of getEachMessage()) {
    const reply = await answer(question).then(
      (value): Reply<unknown> => ({ answer: value }),
      (thrown: unknown): Reply<unknown> => ({
        failure: messageOf(thrown),
        exitCode: thrown instanceof UserError ? thrown.exitCode : EXIT.internal,
      }),
    );
    await sendMessage({ ...reply });
  }
}
