/** A model object that a program called. Objects with the same `id` are loads of one model. */
export interface CalledModel {
  /** Of its kind, the names and shapes of its weights, and the values of its small ones: hex. */
  readonly id: string;
  /** The same without the values: models that were made anew again and again, each with other weights, share it. */
  readonly architecture: string;
  /** What the program calls it: the folder it was loaded from, or the name it was built with. */
  readonly name: string;
  readonly runtime: string;
  /** Number of weights, null where they cannot be seen. */
  readonly parameters: number | null;
  /** Which load of it this is, from 1. */
  readonly instance: number;
}
