import type { TakenSamples } from '../../formats/taken-samples.js';

/** Where profiles of a service go. */
export interface ProfileDestination {
  /** Whether a label may have a value for each request: there are back ends that make a series of each value. */
  readonly labels: 'any' | 'of few values';
  /** Gives undefined when they were taken, else why not. What is written to a file is written when this returns. */
  send(samples: TakenSamples, service: ProfiledService): Promise<string | undefined>;
}

/** What is known of the program. */
export interface ProfiledService {
  readonly name: string;
  /** The resource of the program's own SDK; empty where it has none. */
  readonly attributes: Readonly<Record<string, unknown>>;
}
