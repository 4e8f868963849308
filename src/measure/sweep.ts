import path from 'node:path';
import { givenOrScratch, scratchFolder } from '../engines/scratch-folder.js';
import { fitted } from '../analyse/fitted-sweep.js';
import { addToGroup } from '../model/add-to-group.js';
import type { Analysis } from '../model/analysis.js';
import { DEFAULT_CONFIDENCE } from '../model/confidence.js';
import { EXIT, UserError } from '../model/errors.js';
import type { Dimension, Sweep, SweepPoint } from '../model/sweep.js';
import { tellSweep } from '../report/studies/sweep/words.js';
import { reportRun } from '../runs/analyse-run.js';
import { startChild, type Child } from './child.js';
import type { ProcessAnswer, ProcessRequest, SentOptions } from './profile-processes.js';

export interface SweepOptions extends Omit<SentOptions, 'quick' | 'controls' | 'reports'> {
  readonly dimension?: Dimension;
  /** Three or more. Sequence and image: `shapes` hold `n` where the size goes. Width: the model's path holds `{width}`. */
  readonly sizes: readonly number[];
  /** The user's own size, at which the share of overhead is told; default the smallest. */
  readonly at?: number;
  /** How often each size is measured, in turn, each time in a process of its own; default 3. */
  readonly passes?: number;
  readonly onSize?: (pass: number, passes: number, size: number) => void;
  /** Folder for the run folders of the sizes; without it they are thrown away. */
  readonly out?: string;
  readonly signal?: AbortSignal;
}

const DEFAULT_PASSES = 3;
const SECONDS_PER_SIZE = 0.3;
/** Of each variant, in each process: V8 compiles what is hot, and the first size would bear it. */
const SETTLE_SECONDS = 1;

/**
 * Measures a model over a range of sizes and fits `latency = fixed + per item × items` to each variant.
 * Sizes are measured in turn, several times, so that a slow minute of the machine does not fall on one of them; each time in a process
 * of its own, because processes differ.
 * @throws UserError for sizes that are no range, without a place for the size, and when it is interrupted
 */
export async function sweepModel(model: string, options: SweepOptions): Promise<Sweep> {
  const { dimension = 'batch', passes = DEFAULT_PASSES, onSize, at, sizes: given, out, signal, ...profile } = options;
  const sizes = [...given].sort((a, b) => a - b);
  checkSizes(sizes, dimension);
  const { path: folder, remove } = givenOrScratch(out, 'sweep');
  const points = new Map<string, SweepPoint[]>();
  const items = new Map<number, number>();
  let last: Analysis | undefined;
  try {
    for (let pass = 1; pass <= passes; pass += 1) {
      const child = await startChild<ProcessRequest, ProcessAnswer>('profile-process', signal === undefined ? {} : { signal });
      try {
        // The other way round every second time, so that no size is always the first.
        const order = pass % 2 === 1 ? sizes : sizes.toReversed();
        await settle(
          child,
          { model: atSize(model, dimension, order[0] ?? 1), options: sizedOptions(profile, dimension, order[0] ?? 1) },
          signal,
        );
        for (const size of order) {
          onSize?.(pass, passes, size);
          const run = path.join(folder, `pass-${pass}-${dimension}-${size}`);
          await askUnlessStopped(
            child,
            { model: atSize(model, dimension, size), options: sizedOptions(profile, dimension, size), out: run },
            signal,
          );
          const { analysis } = reportRun(run, out === undefined ? 'none' : 'write');
          if (size === sizes.at(-1)) last = analysis;
          items.set(size, itemsOf(analysis, dimension, size));
          for (const { key, calls, latencyNanos } of analysis.variants) {
            if (calls > 0) addToGroup(points, key, { size: items.get(size) ?? size, nanos: latencyNanos.p50, process: pass });
          }
        }
      } finally {
        child.close();
      }
    }
  } finally {
    remove();
  }
  return sweepOf(
    model,
    dimension,
    sizes,
    sizes.map((size) => items.get(size) ?? size),
    at,
    points,
    last,
  );
}

function withoutCalls({ ...options }: SentOptions): SentOptions {
  delete (options as { calls?: number }).calls;
  return options;
}

/** Runs a size for a while; nothing of it is kept. */
async function settle(
  child: Child<ProcessRequest, ProcessAnswer>,
  { model, options }: Omit<ProcessRequest, 'out'>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { path: scratch, remove } = scratchFolder('settle');
  try {
    await askUnlessStopped(
      child,
      { model, options: { ...withoutCalls(options), duration: SETTLE_SECONDS }, out: path.join(scratch, 'run') },
      signal,
    );
  } finally {
    remove();
  }
}

/** @throws UserError when the model does not load or run, and when it is interrupted */
async function askUnlessStopped(
  child: Child<ProcessRequest, ProcessAnswer>,
  request: ProcessRequest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stopped = (): UserError => new UserError('Interrupted: the sweep is not complete, so nothing was fitted.', EXIT.interrupted);
  await child.ask(request).catch((thrown: unknown) => {
    throw signal?.aborted === true ? stopped() : thrown;
  });
  if (signal?.aborted === true) throw stopped();
}

const sizedOptions = (profile: SentOptions, dimension: Dimension, size: number): SentOptions => ({
  level: 'stages',
  ...profile,
  ...sizeOptions(profile, dimension, size),
  ...(profile.calls === undefined ? { duration: profile.duration ?? SECONDS_PER_SIZE } : {}),
  controls: 'none',
});

function sweepOf(
  model: string,
  dimension: Dimension,
  sizes: readonly number[],
  items: readonly number[],
  at: number | undefined,
  points: ReadonlyMap<string, readonly SweepPoint[]>,
  last: Analysis | undefined,
): Sweep {
  const own = at === undefined ? (items[0] ?? 1) : dimension === 'image' ? at ** 2 : at;
  const confidence = last?.confidence ?? DEFAULT_CONFIDENCE;
  const { environment, inputSignature } = last ?? {};
  return tellSweep(
    fitted({
      model,
      dimension,
      sizes,
      items,
      at: own,
      confidence,
      variants: [...points].map(([key, mine]) => ({ key, points: mine })),
      environment:
        environment === undefined
          ? []
          : [
              environment.tensorflow === null
                ? ['packages', Object.entries(environment.packages).flat().join(' ')]
                : ['TensorFlow', environment.tensorflow],
              ['Node.js', environment.node],
              ['CPU', `${environment.cpu} × ${environment.cpuCount}`],
              ['last input', inputSignature ?? ''],
            ],
      notes: last?.trust?.warnings ?? [],
    }),
  );
}

/** `text`: as the user wrote them. @throws UserError for sizes that are no range */
export function checkSizes(sizes: readonly number[], dimension: Dimension, text = sizes.join(',')): void {
  if (sizes.length >= 3 && sizes.every((size) => Number.isInteger(size) && size > 0) && new Set(sizes).size === sizes.length) return;
  throw new UserError(`--${dimension} ${text} must be three or more different whole numbers above 0, such as 1,4,16.`, EXIT.usage);
}

/** The path of a model of this size. @throws UserError when a family has no place for the width */
function atSize(model: string, dimension: Dimension, size: number): string {
  if (dimension !== 'width') return model;
  if (!model.includes('{width}'))
    throw new UserError(
      `--width needs a family of models: write {width} where it stands in the path, such as models/mlp-{width}/.`,
      EXIT.usage,
    );
  return model.replaceAll('{width}', String(size));
}

/** Batch and shapes of this size. @throws UserError when the shapes have no place for it */
function sizeOptions({ shapes }: SentOptions, dimension: Dimension, size: number): SentOptions {
  if (dimension === 'width') return {};
  if (dimension === 'batch') return { batch: size };
  const sized = (shapes ?? []).map((shape) => shape.replace(/(^|=|,)n(?=,|$)/g, `$1${size}`));
  // Neighbouring places share a comma, so one pass of the expression may leave every second one.
  const whole = sized.map((shape) => shape.replace(/(^|=|,)n(?=,|$)/g, `$1${size}`));
  if (whole.join() === (shapes ?? []).join()) {
    throw new UserError(
      `--${dimension} needs a place for the size: give the input's shape with n where it goes, such as --shape x=1,${dimension === 'image' ? 'n,n,3' : 'n,16'}.`,
      EXIT.usage,
    );
  }
  return { shapes: whole };
}

/** Items of a size: pixels of an image, parameters of a model of the family, else the size itself. */
function itemsOf({ model }: Analysis, dimension: Dimension, size: number): number {
  if (dimension === 'image') return size ** 2;
  return dimension === 'width' ? (model.parameters ?? size) : size;
}
