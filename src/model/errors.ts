/** Exit codes of the command line; docs/exit-codes.md explains each. */
export const EXIT = {
  ok: 0,
  regression: 1,
  cannotTell: 2,
  usage: 64,
  badInput: 65,
  notFound: 66,
  unavailable: 69,
  internal: 70,
  io: 74,
  partial: 75,
  config: 78,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What to type where TensorFlow or our add-on is missing or does not load. */
export const SETUP_COMMAND = '`npx inferscope setup` (in a clone of Inferscope: `npm run setup`)';

/** Characters of a sentence: what a file holds for a name, a type or a shape must not push the remedy off the screen. */
const MAX_SENTENCE = 1000;

/** What files, models and servers say may hold line breaks, or pages: a sentence is one line, and keeps its end, the remedy. */
function oneLine(sentence: string): string {
  const line = sentence.replace(/[\r\n\v\f\u0085\u2028\u2029]+\s*/g, ' ').trim();
  return line.length <= MAX_SENTENCE ? line : `${line.slice(0, MAX_SENTENCE / 2)} … ${line.slice(3 - MAX_SENTENCE / 2)}`;
}

/** An error that a user can cause and mend: one sentence that says what is wrong and what to do. */
export class UserError extends Error {
  readonly exitCode: ExitCode;

  constructor(sentence: string, exitCode: ExitCode = EXIT.badInput, options?: ErrorOptions) {
    super(oneLine(sentence), options);
    this.name = 'UserError';
    this.exitCode = exitCode;
  }
}

/** Makes a `switch` over a tagged union complete: reached only when a case is missing. */
export function never(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}

/** The message of whatever was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/**
 * Why nothing came of a `fetch`: its own message says only that it failed, its cause says why. That of a name with several addresses
 * (`localhost` of both families) says nothing itself: each address has its own.
 */
export function fetchFailure(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return messageOf(cause instanceof AggregateError ? (cause.errors.at(-1) as unknown) : cause);
}

/** By what a request failed with: the server does not speak TLS, and https was asked for. */
export const speaksNoTls = (why: string): boolean => /wrong version number|packet length too long/i.test(why);

/** What tfjs-node writes before TensorFlow's own words, which begin on the next line. */
const STATUS_BEFORE_REASON = /^(?:Session fail to run with error: |Invalid TF_Status: \d+\s+Message: )+/;

/** The line of an error that says why, without a full stop at its end. */
export const reasonLine = (thrown: unknown): string =>
  (messageOf(thrown).replace(STATUS_BEFORE_REASON, '').split('\n')[0] ?? '').trim().replace(/\.$/, '');

/** An input held an id that its table does not have: every variant's figures are then of another call. */
export class IdsDoNotFit extends UserError {}

export const NO_FILE_HANDLE = 'This process has no file handle left: raise the limit with `ulimit -n 1024` and run the command again.';

/** The process may open no file more. Node.js says it by code, or in words where its own C++ met it; a cause may be what says it. */
export const lacksFileHandles = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  (('code' in thrown && thrown.code === 'EMFILE') || /too many open files/i.test(thrown.message) || lacksFileHandles(thrown.cause));
