import type { CallRecorder } from '../model/recorder.js';
import { KIND, STAGE, type NameIds } from './codes.js';
import type { Stages } from './stages.js';

/** What a graph compiler tells while it builds a graph inside a call. Every start has its end, unless the building fails. */
export type GraphBuildingEvent =
  | { readonly at: 'start'; readonly cause: string; readonly signature: string }
  | { readonly at: 'phase-start' | 'phase-end'; readonly phase: string }
  | { readonly at: 'end' };

/**
 * Turns what a graph compiler tells into spans: a `graph-building` stage, and a pass for each of its steps, all with the
 * cause (one of the names of `SpanDetail.cause`). What runs meanwhile counts as graph building.
 */
export class GraphBuildingSpans {
  private detail = 0;
  private readonly open: number[] = [];

  constructor(
    private readonly recorder: CallRecorder,
    private readonly names: NameIds,
    private readonly stages: Stages,
  ) {}

  tell(event: GraphBuildingEvent): void {
    const scope = this.recorder.context();
    if (scope === undefined) return;
    switch (event.at) {
      case 'start':
        this.open.length = 0;
        this.detail = this.recorder.interner.detail({ cause: event.cause, node: event.signature });
        this.stages.beginTracing(scope, this.detail);
        break;
      case 'phase-start': {
        const row = scope.open(this.names.of(event.phase), KIND.pass, STAGE.building);
        scope.setDetail(row, this.detail);
        this.open.push(row);
        break;
      }
      case 'phase-end':
        scope.close(this.open.pop() ?? -1);
        break;
      case 'end':
        this.stages.endTracing(scope);
    }
  }
}
