import { SPAN_KINDS, spanKindCode, type SpanColumns, type SpanKind } from '../../model/span.js';
import { STAGES, stageCode, type Stage } from '../../model/stage.js';
import type { AgentSpans } from './protocol.js';

/** Turns the agent's per-call columns into the recording's, row numbers and codes translated. */
export class SpanRows {
  readonly #start: number[] = [];
  readonly #duration: number[] = [];
  readonly #parent: number[] = [];
  readonly #call: number[] = [];
  readonly #name: number[] = [];
  readonly #detail: number[] = [];
  readonly #stage: number[] = [];
  readonly #kind: number[] = [];
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
    const first = this.firstRow + this.#start.length;
    const rows = spans.start.length;
    for (const [column, values] of Object.entries(spans) as [string, readonly number[]][]) {
      if (values.length !== rows) throw new Error(`the Keras agent sent ${rows} spans, but ${values.length} values of ${column}`);
    }
    for (let row = 0; row < rows; row++) {
      const parent = spans.parent[row] as number;
      if (parent >= row || (parent < 0 && row > 0)) throw new Error(`the Keras agent sent span ${row} with the parent ${parent}`);
      this.#start.push(spans.start[row] as number);
      // -1: still open when the call ended (a generator that nobody finished); its parent bounds it.
      this.#duration.push(Math.max(0, spans.duration[row] as number));
      this.#parent.push(parent < 0 ? -1 : first + parent);
      this.#call.push(call);
      this.#name.push(spans.name[row] as number);
      this.#detail.push(spans.detail[row] as number);
      this.#stage.push(coded(this.#stageCodes, spans.stage[row] as number));
      this.#kind.push(coded(this.#kindCodes, spans.kind[row] as number));
    }
    return first;
  }

  get length(): number {
    return this.#start.length;
  }

  /** @throws Error for a span of a name or detail that the tables do not hold */
  columns({ strings, details }: { readonly strings: readonly unknown[]; readonly details: readonly unknown[] }): SpanColumns {
    const beyond = this.#name.find((name) => name >= strings.length) ?? this.#detail.find((detail) => detail >= details.length);
    if (beyond !== undefined) throw new Error(`the Keras agent sent a span with the name or detail ${beyond}, which it has not announced`);
    return {
      length: this.#start.length,
      startNanos: Float64Array.from(this.#start),
      durationNanos: Float64Array.from(this.#duration),
      parent: Int32Array.from(this.#parent),
      call: Uint32Array.from(this.#call),
      name: Uint32Array.from(this.#name),
      detail: Uint32Array.from(this.#detail),
      stage: Uint8Array.from(this.#stage),
      kind: Uint8Array.from(this.#kind),
    };
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
