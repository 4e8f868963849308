import { EXIT, UserError, fetchFailure, speaksNoTls } from '../../model/errors.js';

/** What an answer may take: how long nothing may come, and how large it may be. */
export interface AnswerLimits {
  readonly silentMillis: number;
  readonly bytes: number;
}

/** A server as sentences name it. */
export interface ServerWords {
  readonly name: string;
  /** An address such as people give. */
  readonly example: string;
  /** What to do where none answers. */
  readonly remedy: string;
}

export interface Answer {
  readonly response: Response;
  readonly text: string;
}

/** What a server answers is more than is read: less has to be asked for. */
export class AnswerTooLarge extends UserError {}

/**
 * Silence ends a request, however long the answer is; what is too large is not read to its end.
 * @throws UserError that says what is wrong with the address or the server
 */
export async function ask(
  url: string,
  request: RequestInit,
  { silentMillis, bytes }: AnswerLimits,
  { name, example, remedy }: ServerWords,
): Promise<Answer> {
  const { origin } = new URL(url);
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silentMillis);
  try {
    const response = await fetch(url, { ...request, signal: silence.signal });
    const chunks: Uint8Array[] = [];
    let left = bytes;
    // Types of browsers know no iteration of a body; Node.js has it.
    const body = (response.body ?? []) as unknown as AsyncIterable<Uint8Array>;
    for await (const chunk of body) {
      timer.refresh();
      left -= chunk.length;
      if (left < 0)
        throw new AnswerTooLarge(
          `${origin} answered with more than ${Math.round(bytes / 2 ** 20)} MB for a single trace or list: leave it out with --operation or --tag, or check the address.`,
          EXIT.unavailable,
        );
      chunks.push(chunk);
    }
    return { response, text: Buffer.concat(chunks).toString('utf8') };
  } catch (thrown) {
    if (thrown instanceof UserError) throw thrown;
    if (silence.signal.aborted)
      throw new UserError(
        `${origin} takes requests but sent nothing for ${silentMillis / 1000} s: check that it is a ${name}; \`inferscope flame\` asks for less with --since and --until.`,
        EXIT.unavailable,
        { cause: thrown },
      );
    const why = fetchFailure(thrown);
    if (why === 'bad port')
      throw new UserError(`HTTP clients refuse the port of ${origin}: give an address such as ${example}.`, EXIT.usage, { cause: thrown });
    const what = speaksNoTls(why)
      ? 'the server does not speak TLS there: write http:// instead of https://'
      : /certificate/i.test(why)
        ? `${why}: name the certificate of who signed it in NODE_EXTRA_CA_CERTS, or check the address`
        : undefined;
    if (what !== undefined) throw new UserError(`${origin}: ${what}.`, EXIT.unavailable, { cause: thrown });
    throw new UserError(`${name} does not answer at ${url.split('?')[0] ?? url} (${why}): ${remedy}.`, EXIT.unavailable, { cause: thrown });
  } finally {
    clearTimeout(timer);
  }
}
