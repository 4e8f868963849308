import type { CallScope } from '../../../model/recorder.js';
import type { NameIds } from '../../name-ids.js';
import { KIND, STAGE } from '../../../model/codes.js';

/**
 * The stage spans of a call. Their bounds are not functions of the framework: the data adapter lasts from the call's
 * first line until the graph starts to run, so the rows are opened at one seam and closed at another.
 */
export class Stages {
  readonly #adapterName: number;
  readonly #executionName: number;
  readonly #buildingName: number;

  constructor(names: NameIds) {
    this.#adapterName = names.of('data-adapter');
    this.#executionName = names.of('kernel-execution');
    this.#buildingName = names.of('graph-building');
  }

  beginAdapter(scope: CallScope): void {
    if (scope.adapterRow >= 0 || scope.executionRow >= 0 || scope.buildingRow >= 0) return;
    scope.adapterRow = scope.open(this.#adapterName, KIND.stage, STAGE.adapter);
  }

  endAdapter(scope: CallScope): void {
    if (scope.adapterRow < 0) return;
    scope.close(scope.adapterRow);
    scope.adapterRow = -1;
  }

  /**
   * Ends the data adapter and begins the execution; returns the row to end, -1 when it runs already.
   * `self` says what time between the kernels is: JavaScript for eager runs, kernels for a session run.
   */
  beginExecution(scope: CallScope, self: number = STAGE.glue): number {
    if (scope.buildingRow >= 0) return -1;
    this.endAdapter(scope);
    if (scope.executionRow >= 0) return -1;
    scope.executionRow = scope.open(this.#executionName, KIND.stage, self);
    return scope.executionRow;
  }

  endExecution(scope: CallScope, row: number): void {
    if (row < 0) return;
    scope.close(row);
    scope.executionRow = -1;
  }

  /** Opens a graph-building stage that runs kernels of its own: tracing. Ended by {@link endTracing}. */
  beginTracing(scope: CallScope, detail: number): void {
    if (scope.buildingRow >= 0) return;
    this.endAdapter(scope);
    scope.buildingRow = scope.open(this.#buildingName, KIND.stage, STAGE.building);
    scope.setDetail(scope.buildingRow, detail);
  }

  endTracing(scope: CallScope): void {
    if (scope.buildingRow < 0) return;
    scope.close(scope.buildingRow);
    scope.buildingRow = -1;
  }

  /** Runs `body` as a graph-building stage; `detail` holds the cause. */
  building<T>(scope: CallScope, detail: number, body: () => T): T {
    const row = scope.open(this.#buildingName, KIND.stage, STAGE.building);
    scope.setDetail(row, detail);
    try {
      return body();
    } finally {
      scope.close(row);
    }
  }

  /** Closes what a throw left open. */
  endAll(scope: CallScope): void {
    this.endAdapter(scope);
    this.endExecution(scope, scope.executionRow);
  }
}
