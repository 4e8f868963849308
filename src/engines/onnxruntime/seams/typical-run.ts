/** One call is cold, and a program that makes few calls is to have an untouched warm one. */
const UNTOUCHED_CALLS = 2;

/**
 * Of the runs that a session makes within a call, the one that stands best for them is in the middle: the first of a text that is
 * generated reads the whole prompt, and each later one has more of a past than the one before.
 */
export class TypicalRun {
  #call = -1;
  #calls = 0;
  #run = 0;
  #runsBefore = 0;

  /** Counts a run of this call: is it the typical one, as far as the call before tells, and may it be slowed down? */
  next(call: number): boolean {
    if (call !== this.#call) {
      this.#call = call;
      this.#calls++;
      this.#runsBefore = this.#run;
      this.#run = 0;
    }
    return this.#run++ === this.#runsBefore >> 1 && this.#calls > UNTOUCHED_CALLS;
  }
}
