/** What advice says, and what it rests on. */
export interface AdviceWords {
  readonly sentence: string;
  readonly evidence: string;
}
