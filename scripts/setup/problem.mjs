/** Exit codes of `node scripts/setup.mjs` in a clone; `--help` prints the same table. */
export const EXIT = Object.freeze({
  ok: 0,
  unexpected: 1,
  usage: 2,
  missing: 3,
  network: 4,
  disk: 5,
  verification: 6,
  build: 7,
  notReady: 8,
  locked: 9,
});

/** @typedef {keyof typeof EXIT} ExitName */

/** Those of `inferscope setup`, as in docs/exit-codes.md. @type {Readonly<Record<ExitName, number>>} */
export const COMMAND_EXIT = Object.freeze({ ok: 0, unexpected: 70, usage: 64, missing: 69, network: 69, disk: 74, verification: 69, build: 69, notReady: 69, locked: 69 });

/** @type {ReadonlyArray<readonly [ExitName, string]>} */
export const EXIT_MEANINGS = [
  ['ok', 'everything is there'],
  ['unexpected', 'something this script has no sentence for'],
  ['usage', 'an option is wrong'],
  ['missing', 'this machine lacks something (Node, Python, pip, compiler, a wheel for the platform)'],
  ['network', 'a download failed'],
  ['disk', 'too little disk space, or the cache cannot be written'],
  ['verification', 'a download has the wrong hash, or the library does not load'],
  ['build', 'the compiler or npm failed'],
  ['notReady', '--check: something is still to be done'],
  ['locked', 'another setup held the lock for too long'],
];

/** A failure that has a sentence for the user; anything else is a defect of this script. */
export class SetupProblem extends Error {
  /**
   * @param {ExitName} exit
   * @param {string} sentence what is wrong and what to do, in one sentence
   * @param {{cause?: unknown, log?: string}} [more] `log`: path of the output of the command that failed
   */
  constructor(exit, sentence, more = {}) {
    super(sentence, { cause: more.cause });
    this.name = 'SetupProblem';
    this.exit = exit;
    this.log = more.log;
  }
}

/**
 * File system failures that a full or read-only disk causes anywhere, put into words.
 * @param {unknown} error
 * @returns {SetupProblem | undefined}
 */
export function diskProblem(error) {
  const { code, path } = /** @type {NodeJS.ErrnoException} */ (error ?? {});
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SetupProblem('disk', `The disk is full${path ? ` (writing ${path})` : ''}: free some space, or set INFERSCOPE_CACHE to a folder on a larger disk, and run this again.`, { cause: error });
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new SetupProblem('disk', `${path ?? 'A folder'} cannot be written: set INFERSCOPE_CACHE to a folder that can, or correct its permissions, and run this again.`, { cause: error });
  }
  return undefined;
}
