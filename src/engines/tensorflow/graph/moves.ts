/** How far each output moved: the largest change of a float, or how many whole values changed. */
export interface Moves {
  readonly byOutput: readonly number[];
  /** How many times as far a graph may be. */
  readonly factor: number;
}
