import { allGraphs, type OnnxGraph, type OnnxNode, type OnnxTensor } from './graph.js';

/** What the graph tells of an input's values. */
export interface InputFacts {
  /** Length of the shortest table that they look up. */
  readonly indexLimit?: number;
  /** What they are compared with. */
  readonly choices?: readonly number[];
  /** An output gives the next call's value. */
  readonly carriesState?: boolean;
  /** Categories that they are looked up among, by column; one list where all columns are alike. */
  readonly texts?: readonly (readonly string[])[];
}

/** Operations that hand their first input's values on, in whatever shape. */
const SAME_VALUES: ReadonlySet<string> = new Set(
  [
    'Cast',
    'Identity',
    'Reshape',
    'Squeeze',
    'Unsqueeze',
    'Flatten',
    'Transpose',
    'Slice',
    'Expand',
    'Tile',
    'Split',
    'Clip',
    'Gather',
  ].concat('GatherND'),
);
/** The same for tables: what looks a table up may find it quantised, or transposed in no way. */
const SAME_ROWS: ReadonlySet<string> = new Set(['Cast', 'Identity', 'DequantizeLinear']);
const COMPARISONS: ReadonlySet<string> = new Set(['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Div', 'Mod', 'Sub']);

const TAKES_COLUMN: ReadonlySet<string> = new Set(['Gather', 'ArrayFeatureExtractor']);
/** Attributes of `OneHotEncoder`, `CategoryMapper` and `LabelEncoder`. */
const CATEGORIES = ['cats_strings', 'keys_strings', 'classes_strings'];

/** Of a loop whose number of iterations is an input. */
const ITERATIONS = 8;

/** Inputs of `EmbedLayerNormalization`: which table belongs to which ids. */
const EMBEDDED: readonly (readonly [ids: number, table: number])[] = [
  [0, 2],
  [1, 4],
];

/**
 * Follows an input through the graph, subgraphs too, to the tables that its values look up and the constants that they
 * are compared with: made-up values must be such as the model takes.
 */
export class InputReader {
  readonly #consumers = new Map<string, OnnxNode[]>();
  readonly #makers = new Map<string, OnnxNode>();
  readonly #tensors = new Map<string, OnnxTensor>();

  constructor(private readonly graph: OnnxGraph) {
    for (const { nodes, initialisers } of allGraphs(graph)) {
      for (const [name, tensor] of initialisers) this.#tensors.set(name, tensor);
      for (const node of nodes) {
        for (const output of node.outputs) this.#makers.set(output, node);
        for (const input of new Set(node.inputs)) {
          const known = this.#consumers.get(input);
          if (known === undefined) this.#consumers.set(input, [node]);
          else known.push(node);
        }
      }
    }
  }

  /** `size`: how many values the input has, where that is fixed: only a single one chooses between branches. */
  factsOf(input: string, size: number | null): InputFacts {
    const limits: number[] = [];
    const choices: [rank: number, value: number][] = [];
    this.#follow(input, new Set(), (node, tensor) => {
      limits.push(...this.#tables(node, tensor));
      if (size === 1 && node.op === 'Loop' && node.inputs[0] === tensor) choices.push([0, ITERATIONS]);
      const rank = node.op === 'Equal' ? 0 : 1;
      if (size === 1 && COMPARISONS.has(node.op))
        choices.push(...this.#constantsBeside(node, tensor).map((value) => [rank, value] as [number, number]));
    });
    // Equality names the value itself; other comparisons only a bound.
    const wanted = choices.sort(([a], [b]) => a - b).map(([, value]) => value);
    return {
      ...(limits.length === 0 ? {} : { indexLimit: Math.min(...limits) }),
      ...(wanted.length === 0 ? {} : { choices: [...new Set(wanted)] }),
      ...(this.#carriesState(input) ? { carriesState: true } : {}),
      ...this.#textsOf(input),
    };
  }

  /** A column is taken out of an input by its number, and each has categories of its own. */
  #textsOf(input: string): Pick<InputFacts, 'texts'> {
    const columns: (readonly string[] | undefined)[] = [];
    for (const node of this.#consumers.get(input) ?? []) {
      const column = TAKES_COLUMN.has(node.op) && node.inputs[0] === input ? this.#valuesOf(node.inputs[1] ?? '') : [];
      const [at] = column;
      if (column.length === 1 && at !== undefined && at >= 0) columns[at] = this.#categoriesOf(node.outputs[0] ?? '');
    }
    const whole = columns.length === 0 ? this.#categoriesOf(input) : [];
    const texts = columns.length === 0 ? [whole] : Array.from(columns, (column) => column ?? []);
    return texts.every((categories) => categories.length === 0) ? {} : { texts };
  }

  #categoriesOf(tensor: string): readonly string[] {
    const found: (readonly string[])[] = [];
    this.#follow(tensor, new Set(), ({ attributes }) => {
      for (const name of CATEGORIES) {
        const attribute = attributes.get(name);
        if (attribute?.kind === 'texts') found.push(attribute.value);
      }
    });
    return found[0] ?? [];
  }

  #follow(tensor: string, seen: Set<string>, visit: (node: OnnxNode, tensor: string) => void): void {
    if (seen.has(tensor)) return;
    seen.add(tensor);
    for (const node of this.#consumers.get(tensor) ?? []) {
      visit(node, tensor);
      if (SAME_VALUES.has(node.op) && node.inputs[0] === tensor) for (const output of node.outputs) this.#follow(output, seen, visit);
    }
  }

  #tables(node: OnnxNode, tensor: string): number[] {
    if (['Gather', 'GatherElements'].includes(node.op) && node.inputs[1] === tensor) {
      const shape = this.#shapeOf(node.inputs[0] ?? '');
      const axis = node.attributes.get('axis');
      const at = axis?.kind === 'number' ? axis.value : 0;
      return limit(shape?.at(at));
    }
    if (node.op === 'OneHot' && node.inputs[0] === tensor) return limit(this.#valuesOf(node.inputs[1] ?? '')[0]);
    if (node.op === 'EmbedLayerNormalization')
      return EMBEDDED.flatMap(([ids, table]) => (node.inputs[ids] === tensor ? limit(this.#shapeOf(node.inputs[table] ?? '')?.[0]) : []));
    return [];
  }

  #shapeOf(tensor: string, depth = 0): readonly number[] | undefined {
    const known = this.#tensors.get(tensor)?.shape;
    const maker = this.#makers.get(tensor);
    if (known !== undefined || maker === undefined || depth > 8) return known;
    const constant = maker.attributes.get('value');
    if (maker.op === 'Constant' && constant?.kind === 'tensor') return constant.value.shape;
    return SAME_ROWS.has(maker.op) ? this.#shapeOf(maker.inputs[0] ?? '', depth + 1) : undefined;
  }

  #constantsBeside(node: OnnxNode, tensor: string): readonly number[] {
    return node.inputs.filter((name) => name !== tensor).flatMap((name) => this.#valuesOf(name).slice(0, 1));
  }

  #valuesOf(tensor: string, depth = 0): readonly number[] {
    const known = this.#tensors.get(tensor)?.values;
    const maker = this.#makers.get(tensor);
    if (known !== undefined || maker === undefined || depth > 8) return known ?? [];
    if (maker.op === 'Constant') return constantOf(maker);
    return SAME_VALUES.has(maker.op) && !maker.op.startsWith('Gather') ? this.#valuesOf(maker.inputs[0] ?? '', depth + 1) : [];
  }

  /** `state` and `stateN`, `h` and `hn`, `past_key_values.0.key` and `present.0.key`: an output of nearly the same name. */
  #carriesState(input: string): boolean {
    if (!STATE.test(input)) return false;
    const stem = stateStem(input);
    return this.graph.outputs.some(({ name }) => stateStem(name) === stem);
  }
}

const STATE = /^(past|state|h|c|h0|c0|h_?in|c_?in|hidden|cell|cache)|(state|hidden|cache|_h|_c)s?(_in)?$/i;

const stateStem = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^(past_key_values|past|present_key_values|present|new_|next_|out_|in_|updated_|output_)/, '')
    .replace(/(_?out|_?in|_?new|_?next|_?updated|n|0)$/, '');

const limit = (length: number | undefined): number[] => (length === undefined || length < 1 ? [] : [length]);

function constantOf({ attributes }: OnnxNode): readonly number[] {
  for (const name of ['value', 'value_int', 'value_ints']) {
    const attribute = attributes.get(name);
    if (attribute?.kind === 'tensor') return attribute.value.values ?? [];
    if (attribute?.kind === 'number') return [attribute.value];
    if (attribute?.kind === 'numbers') return attribute.value;
  }
  return [];
}
