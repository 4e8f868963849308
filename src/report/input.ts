import type { Analysis } from '../model/analysis.js';
import type { Recording, ToolCost } from '../model/recording.js';
import type { DrawnRecording } from '../model/span-traces.js';

/** What a report shows besides the analysis; everything is optional. */
export interface ReportExtras {
  readonly tool?: ToolCost;
  /** Single calls are drawn from them. */
  readonly recordings?: readonly DrawnRecording[];
  /** Files next to the report (relative addresses), linked at its end. */
  readonly links?: readonly ReportLink[];
  /** Trace id that the call is exported under, hex. */
  readonly traceId?: (recording: number, call: number) => string | null;
  /** Base address of a Jaeger UI; trace ids become links to it. */
  readonly jaegerUrl?: string;
  /** When the run ended, ISO 8601. */
  readonly generatedAt?: string;
}

export interface ReportLink {
  readonly label: string;
  readonly href: string;
}

/** What every written format takes. */
export interface RenderInput {
  readonly analysis: Analysis;
  readonly recordings: readonly Recording[];
  readonly extras?: ReportExtras;
  /** Files written in this run, for `report.json`. */
  readonly files?: readonly WrittenFile[];
}

export interface WrittenFile {
  /** Name in the table of formats, or `recording`. */
  readonly format: string;
  readonly path: string;
}
