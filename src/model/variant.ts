/** What a model's files are for: `layers-model`, `graph-model`, `saved-model`, `keras`. An open string, because engines bring their own. */
export type Runtime = string;

/** The runtime of ONNX models. */
export const ONNX_RUNTIME = 'onnxruntime';

/**
 * Controls are run among the variants and are not compared: the baseline once more from its own copy of the model
 * (`again`, the A/A control), and the baseline's calls without recording (`unrecorded`, our own cost).
 */
export const CONTROLS = ['again', 'unrecorded'] as const;
export type Control = (typeof CONTROLS)[number];

export type Compiler = 'graph' | 'xla' | 'onnxruntime';

/** What the variants of one TensorFlow graph are called. */
export const GRAPH_NAMES = { graph: 'graph', xla: 'graph-xla' } as const satisfies Partial<Readonly<Record<Compiler, string>>>;

/** Compilers of TensorFlow graphs. */
export type GraphCompiler = keyof typeof GRAPH_NAMES;

/**
 * One thing that is compared: a state of the model (`uncompiled`, `graph-xla`, …) and the way it is called.
 * Names are open strings because runtimes add their own; the README lists the known ones.
 */
export interface Variant {
  /** `uncompiled`, `compiled`, `compiled-train`, `eager`, `graph`, `graph-xla`, … */
  readonly name: string;
  /** `predict`, `predictOnBatch`, `apply`, `execute`, `predictAsync`, … */
  readonly call: string;
  /** Run to judge the run itself, and not compared: as which control. */
  readonly control?: Control;
  /**
   * What changed the graph: none, where the model is run as it was saved. `graph`: one TensorFlow graph, as it is; `xla`: compiled;
   * `onnxruntime`: its graph optimiser.
   */
  readonly compiler?: Compiler;
  /** Stands for itself: another call of the same model is no alternative to it, and they are not compared. */
  readonly alone?: true;
  /** Identity of its model, where a run has several: only variants of one model are compared. */
  readonly model?: string;
}

/** What a program's recording calls the state of a model of which it knows nothing. */
export const PROGRAM = 'program';

/** The stable key of a variant, `name/call`. */
export const variantKey = (variant: Variant): string => `${variant.name}/${variant.call}`;

/** What changing to a variant does to the graph of a model: compiles it with XLA, makes one of it, or neither (null). */
export function graphChange(from: Pick<Variant, 'compiler'>, to: Pick<Variant, 'compiler'>): 'xla' | 'compile-to-graph' | null {
  if (to.compiler === 'xla') return from.compiler === 'xla' ? null : 'xla';
  return to.compiler === 'graph' && from.compiler === undefined ? 'compile-to-graph' : null;
}

/** A variant as a control of itself; its name tells it apart in every format. */
export const asControl = ({ name, call, compiler }: Variant, control: Control): Variant => ({
  name: `${name} (${control})`,
  call,
  control,
  ...(compiler === undefined ? {} : { compiler }),
});

/** Which control a variant is, or null for one that is compared. */
export const controlOf = ({ control }: Pick<Variant, 'control'>): Control | null => control ?? null;

/**
 * A variant of which only the name is known: read from a recording, from spans, or told by Python. Nothing else takes
 * names apart.
 */
export function namedVariant(variant: Variant): Variant {
  const { name } = variant;
  const control = variant.control ?? CONTROLS.find((known) => name.endsWith(` (${known})`));
  const compiler = variant.compiler ?? compilerOf(name);
  return {
    ...variant,
    ...(control === undefined ? {} : { control }),
    ...(compiler === undefined ? {} : { compiler }),
    ...(variant.alone === true || STANDS_ALONE.test(name) ? { alone: true } : {}),
  };
}

/** A pipeline, a model of transformers.js and making a session, whatever model's name stands before. */
const STANDS_ALONE = /(?:^| )(?:pipeline|model|session)$/;

/** Whether a variant is making a session, and no inference: named after it, as everything that is read back is. */
export const isCreation = ({ name, call }: Pick<Variant, 'name' | 'call'>): boolean => call === 'create' && /(?:^| )session$/.test(name);

/** Whether a call made a session; `variants`: those of its recording. */
export function isCreationCall(variants: readonly Variant[], { variant }: { readonly variant: number }): boolean {
  const of = variants[variant];
  return of !== undefined && isCreation(of);
}

/** Whether its calls are those of a pipeline or a model of transformers.js, which feed their sessions themselves: no caller does. */
export const feedsItself = ({ name }: Pick<Variant, 'name'>): boolean => /(?:^| )(?:pipeline|model)$/.test(name);

function compilerOf(name: string): Compiler | undefined {
  if (name.includes('xla')) return 'xla';
  return name.startsWith('graph') ? 'graph' : undefined;
}
