import { SpanRows } from '../../model/span-rows.js';
import { SPAN_KINDS, spanKindCode, type SpanColumns, type SpanKind } from '../../model/span.js';
import { STAGES, stageCode, type Stage } from '../../model/stage.js';
import type { AgentSpans } from './protocol.js';

/** Turns the agent's per-call columns into the recording's, row numbers and codes translated. */
export class AgentRows {
  readonly #rows = new SpanRows();
  #largestName = -1;
  #largestDetail = -1;
  readonly #stageCodes: readonly number[];
  readonly #kindCodes: readonly number[];

  /** @throws Error for a stage or kind that this version does not know: agent and package do not belong together. */
  constructor(
    stages: readonly string[],
    kinds: readonly string[],
    /** Row number of the first span here, when others came before. */
    private readonly firstRow = 0,
  ) {
    this.#stageCodes = stages.map((name) => known(STAGES.includes(name as Stage), name, stageCode(name as Stage)));
    this.#kindCodes = kinds.map((name) => known(SPAN_KINDS.includes(name as SpanKind), name, spanKindCode(name as SpanKind)));
  }

  /**
   * Appends one call's spans and returns its root's row.
   *
   * @throws Error for columns of unlike length, a child before its parent, or an unknown code.
   */
  append(call: number, spans: AgentSpans): number {
    const first = this.firstRow + this.length;
    const rows = spans.start.length;
    for (const [column, values] of Object.entries(spans) as [string, readonly number[]][]) {
      if (values.length !== rows) throw new Error(`the Keras agent sent ${rows} spans, but ${values.length} values of ${column}`);
    }
    for (let row = 0; row < rows; row++) {
      const parent = spans.parent[row] as number;
      if (parent >= row || (parent < 0 && row > 0)) throw new Error(`the Keras agent sent span ${row} with the parent ${parent}`);
      const [name, detail] = [spans.name[row] as number, spans.detail[row] as number];
      this.#largestName = Math.max(this.#largestName, name);
      this.#largestDetail = Math.max(this.#largestDetail, detail);
      this.#rows.push({
        startNanos: spans.start[row] as number,
        // -1: still open when the call ended (a generator that nobody finished); its parent bounds it.
        durationNanos: Math.max(0, spans.duration[row] as number),
        parent: parent < 0 ? -1 : first + parent,
        call,
        name,
        detail,
        stage: coded(this.#stageCodes, spans.stage[row] as number),
        kind: coded(this.#kindCodes, spans.kind[row] as number),
      });
    }
    return first;
  }

  get length(): number {
    return this.#rows.length;
  }

  /** @throws Error for a span of a name or detail that the tables do not hold */
  columns({ strings, details }: { readonly strings: readonly unknown[]; readonly details: readonly unknown[] }): SpanColumns {
    const tables = [
      [this.#largestName, strings],
      [this.#largestDetail, details],
    ] as const;
    for (const [largest, table] of tables) {
      if (largest >= table.length)
        throw new Error(`the Keras agent sent a span with the name or detail ${largest}, which it has not announced`);
    }
    return this.#rows.columns();
  }
}

function known(holds: boolean, name: string, code: number): number {
  if (!holds) throw new Error(`the Keras agent speaks of ${name}, which this version of Inferscope does not know`);
  return code;
}

function coded(codes: readonly number[], value: number): number {
  const code = codes[value];
  if (code === undefined) throw new Error(`the Keras agent sent the unknown code ${value}`);
  return code;
}
