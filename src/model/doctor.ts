/** What `inferscope doctor` looked at, and what it found; the words are in src/report/words/doctor.ts. */
export type Looked =
  /** `restored`: functions that this Node.js lacks and Inferscope puts back; null where it is too old to run at all. */
  | { readonly kind: 'node'; readonly version: string; readonly restored: readonly string[] | null }
  | {
      readonly kind: 'engine';
      readonly name: 'tensorflow' | 'onnxruntime';
      /** What was loaded, and null where it did not load. */
      readonly description: string | null;
      readonly failure: string | null;
      /** What to type where it does not load. */
      readonly command: string;
      /** False where it is not installed and another engine works. */
      readonly isNeeded: boolean;
    }
  | { readonly kind: 'disk'; readonly freeBytes: number; readonly suffices: boolean }
  | { readonly kind: 'output'; readonly folder: string; readonly canWrite: boolean }
  /** `version`: null where it is not there or does not run. */
  | { readonly kind: 'tool'; readonly name: 'docker' | 'python3' | 'go'; readonly version: string | null };

/** One thing that was looked at, in words. `state`: works, is missing but not needed, or stops profiling. */
export interface DoctorFinding {
  readonly what: string;
  readonly state: 'ok' | 'optional' | 'broken';
  readonly detail: string;
  /** What to do, when something is. */
  readonly remedy?: string;
}
