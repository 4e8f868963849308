import type { ForeignProfile } from '../model/foreign.js';
import type { TracesData } from '../model/otlp.js';
import type { LinkedSpan } from './span-forest.js';

/** What a foreign file holds: profiles, or spans, of which profiles are made unless they are our own. */
export type ForeignFile =
  | { readonly kind: 'profiles'; readonly name: string; readonly profiles: readonly ForeignProfile[] }
  | {
      readonly kind: 'traces';
      readonly name: string;
      readonly format: 'otlp' | 'jaeger';
      /** As OTLP, where they were OTLP: our own calls can be among them. */
      readonly traces: TracesData;
      readonly spans: readonly LinkedSpan[];
      readonly notes: readonly string[];
    };
