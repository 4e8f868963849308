import type { GraphBuildingEvent } from '../../../model/compiled-graphs.js';
import type { CallRecorder, CallScope } from '../../../model/recorder.js';
import type { NameIds } from '../../name-ids.js';
import type { Stages } from './stages.js';
import { KIND, STAGE } from '../../../model/codes.js';

/** A graph that is being built in a call. */
interface Building {
  readonly detail: number;
  /** Rows of steps that are under way. */
  readonly open: number[];
}

/**
 * Turns what a graph compiler tells into spans: a `graph-building` stage, and a pass for each of its steps, all with the
 * cause (one of the names of `SpanDetail.cause`). What runs meanwhile counts as graph building.
 */
export class GraphBuildingSpans {
  /** Of each running call, outermost first: calls may overlap, and one graph may be built while another is traced. */
  readonly #buildings = new WeakMap<CallScope, Building[]>();

  constructor(
    private readonly recorder: CallRecorder,
    private readonly names: NameIds,
    private readonly stages: Stages,
  ) {}

  tell(event: GraphBuildingEvent): void {
    const scope = this.recorder.context();
    if (scope === undefined) return;
    const buildings = this.#buildingsOf(scope);
    const building = buildings.at(-1);
    switch (event.at) {
      case 'start': {
        const detail = this.recorder.interner.detail({ ...(event.cause === null ? {} : { cause: event.cause }), node: event.signature });
        buildings.push({ detail, open: [] });
        scope.builtGraph = true;
        this.stages.beginTracing(scope, detail);
        break;
      }
      case 'phase-start': {
        const row = scope.open(this.names.of(event.phase), KIND.pass, STAGE.building);
        scope.setDetail(row, building?.detail ?? 0);
        building?.open.push(row);
        break;
      }
      case 'phase-end':
        scope.close(building?.open.pop() ?? -1);
        break;
      case 'end':
        buildings.pop();
        if (buildings.length === 0) this.stages.endTracing(scope);
    }
  }

  #buildingsOf(scope: CallScope): Building[] {
    const known = this.#buildings.get(scope);
    if (known !== undefined) return known;
    const none: Building[] = [];
    this.#buildings.set(scope, none);
    return none;
  }
}
