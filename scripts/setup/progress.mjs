/** Steps with their elapsed time, on stderr, so that stdout stays free for the result. */
export class Progress {
  #stream;
  #live;
  #lastLength = 0;

  /** @param {NodeJS.WriteStream} stream @param {boolean} verbose output of commands is mixed in, so lines are not rewritten */
  constructor(stream, verbose) {
    this.#stream = stream;
    this.verbose = verbose;
    this.#live = Boolean(stream.isTTY) && !verbose;
  }

  /** @param {string} text */
  line(text) {
    this.#clear();
    this.#stream.write(`${text}\n`);
  }

  /**
   * @template T
   * @param {string} title
   * @param {(note: (detail: string) => void) => Promise<T>} work `note` shows a detail beside the title
   * @returns {Promise<T>}
   */
  async step(title, work) {
    const start = performance.now();
    const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
    let detail = '';
    let printedAt = 0;
    const show = () => {
      if (this.#live) return this.#rewrite(`  ... ${title} ${seconds()} s ${detail}`);
      // Without a terminal a line every ten seconds shows that it is alive without filling a CI log.
      if (Number(seconds()) - printedAt < 10) return;
      printedAt = Number(seconds());
      this.line(`  ... ${title} ${seconds()} s ${detail}`);
    };
    const timer = setInterval(show, 500);
    try {
      const result = await work((text) => { detail = text; });
      this.line(`  ok  ${title} (${seconds()} s)${detail ? ` ${detail}` : ''}`);
      return result;
    } catch (error) {
      this.line(`  --  ${title} (${seconds()} s)`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  /** @param {string} text */
  #rewrite(text) {
    this.#clear();
    const shown = text.slice(0, (this.#stream.columns ?? 80) - 1);
    this.#stream.write(shown);
    this.#lastLength = shown.length;
  }

  #clear() {
    if (this.#lastLength > 0) this.#stream.write(`\r${' '.repeat(this.#lastLength)}\r`);
    this.#lastLength = 0;
  }
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}
