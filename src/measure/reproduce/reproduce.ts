import path from 'node:path';
import type { Analysis, Comparison, VariantAnalysis } from '../../model/analysis.js';
import { EXPERIMENTS, type Claim, type Experiment, type Measurement, type Question, type Reproduction } from '../../model/claim.js';
import { childrenOf, mapTree } from '../../model/pre-order.js';
import { renderReproductionHtml, renderReproductionMarkdown } from '../../report/studies/reproduction/reproduction.js';
import { judgeClaim } from '../../report/words/claims.js';
import { claimNote, noFigure, reproductionNote } from '../../report/words/reproduction.js';
import { profileModel } from '../profile.js';
import { writeFile } from '../../runs/write-file.js';
import { tensorFlowWith } from '../../engines/tensorflow/engine.js';
import { openTensorFlow } from '../../engines/tensorflow/open.js';
import { SCALED_SIZE, TRUE_SIZE, mediumModel, tinyModel } from './models.js';
import { machineOf } from './machine.js';
import { MEDIUM, SHARES, TINY, TWO_PATHS, WITHOUT_COUNTERPART, WORKAROUNDS, type RatioQuestion } from './questions.js';
import { restoredVariants } from './restored.js';
import { retracingClaims } from './retracing.js';
import type { ProfileOptions } from '../profile-options.js';

export interface ReproduceOptions {
  /** Default all. */
  readonly experiments?: readonly Experiment[];
  /** The medium model scaled down, and less time for all; the notes say so. */
  readonly quick?: boolean;
  /** Calls of each variant of the medium model, a round each; default 8. */
  readonly mediumCalls?: number;
  /** Run folders of the models go under this one. */
  readonly folder: string;
  readonly signal?: AbortSignal;
  readonly onExperiment?: (experiment: string) => void;
  readonly onProgress?: ProfileOptions['onProgress'];
}

/** What was repeated, and whether it was stopped before the end. */
export interface Reproduced extends Reproduction {
  readonly interrupted: boolean;
}

const BASELINE = 'uncompiled/predict';
const DEFAULT_MEDIUM_CALLS = 8;

/**
 * Repeats the published experiments on tfjs-node and holds each figure against the published one. Run folders with the
 * full reports are left under `folder`.
 * @throws UserError when TensorFlow does not load or a model does not run
 */
export async function reproduce(options: ReproduceOptions): Promise<Reproduced> {
  const experiments = options.experiments ?? EXPERIMENTS;
  const has = (experiment: Experiment): boolean => experiments.includes(experiment);
  const { tf } = await openTensorFlow();
  const claims: Claim[] = [];
  const runs: Analysis[] = [];
  const notes: string[] = [];
  const state = { interrupted: false };
  const run = async (name: 'tiny' | 'medium', questions: readonly RatioQuestion[], given: ProfileOptions, model: object): Promise<void> => {
    options.onExperiment?.(name);
    const { signal, onProgress } = options;
    const variants = [BASELINE, ...new Set(['compiled/predict', ...questions.map(({ candidate }) => candidate)])];
    const result = await profileModel(model, {
      name,
      batch: 32,
      variants,
      out: path.join(options.folder, name),
      ...given,
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    state.interrupted ||= result.interrupted;
    runs.push(result.analysis);
    claims.push(...questions.map((question) => judgeClaim(asked(question), ratioOf(result.analysis, question))));
    claims.push(
      ...SHARES.filter(({ of, experiment }) => of === name && has(experiment)).map((question) =>
        judgeClaim(asked(question), shareOf(result.analysis, question.stage)),
      ),
    );
    if (name === 'tiny' && has('paths')) claims.push(judgeClaim(TWO_PATHS, pathsIn(result.analysis)));
  };
  if (has('tiny') || has('paths') || has('workarounds')) {
    const questions = [...(has('tiny') ? TINY : []), ...(has('workarounds') ? WORKAROUNDS : [])];
    await run('tiny', questions, { engine: tensorFlowWith([restoredVariants]), quick: options.quick === true }, tinyModel(tf));
  }
  if (has('medium') && !state.interrupted)
    await run('medium', MEDIUM, mediumPlan(options, notes), mediumModel(tf, options.quick === true ? SCALED_SIZE : TRUE_SIZE));
  claims.push(
    ...WITHOUT_COUNTERPART.filter(({ experiment }) => has(experiment)).map(({ reason, ...question }) =>
      judgeClaim(question, noFigure(reason)),
    ),
  );
  if (has('retracing') && !state.interrupted) {
    options.onExperiment?.('retracing');
    claims.push(...retracingClaims(tf));
  }
  if (options.quick === true) notes.push(reproductionNote({ kind: 'quick' }));
  return {
    runtime: 'tfjs-node',
    machine: machineOf(tf, runs),
    claims: inOrder(claims),
    notes: [...notes, ...runs.flatMap(trustNotes)],
    interrupted: state.interrupted,
  };
}

function mediumPlan({ quick, mediumCalls }: ReproduceOptions, notes: string[]): ProfileOptions {
  if (quick === true) {
    notes.push(reproductionNote({ kind: 'scaled', size: SCALED_SIZE, trueSize: TRUE_SIZE }));
    return { quick: true, calls: 30, level: 'stages' };
  }
  notes.push(reproductionNote({ kind: 'true-size' }));
  return { calls: mediumCalls ?? DEFAULT_MEDIUM_CALLS, warmup: 1, level: 'stages', controls: 'none' };
}

/** The question alone, without what only this runtime needs to answer it. */
const asked = ({ id, experiment, what, unit, published, source }: Question): Question => ({
  id,
  experiment,
  what,
  unit,
  published,
  source,
});

/** Claims in the order of the experiments. */
const inOrder = (claims: readonly Claim[]): Claim[] =>
  EXPERIMENTS.flatMap((experiment) => claims.filter((claim) => claim.experiment === experiment));

function trustNotes({ model, trust }: Analysis): string[] {
  return trust === undefined ? [] : [`${model.name}: ${trust.sentence}`, ...trust.warnings.map((warning) => `${model.name}: ${warning}`)];
}

/** With a failed A/A control the interval is widened by what the pair allows, so that nothing rests on it. */
function ratioOf({ comparisons, trust }: Analysis, { candidate, remark }: RatioQuestion): Measurement {
  const found: Comparison | undefined = comparisons.find(
    (comparison) => comparison.candidate === candidate && comparison.baseline === BASELINE,
  );
  if (found === undefined) return noFigure('no-variant');
  const [low, high] = found.interval;
  const wider = 1 + (trust?.withheldBelow ?? 0);
  const note = claimNote([
    ...(remark === undefined ? [] : [{ kind: remark }]),
    ...(wider === 1 ? [] : [{ kind: 'widened', by: wider - 1 } as const]),
  ]);
  return { kind: 'figure', value: found.ratio, interval: [low / wider, high * wider], ...(note === '' ? {} : { note }) };
}

/** Share of a stage in a warm compiled predict. Stage and call are treated as independent, which errs on the wide side. */
function shareOf({ variants }: Analysis, stage: string): Measurement {
  const compiled = variants.find(({ key }) => key === 'compiled/predict');
  if (compiled === undefined || compiled.calls === 0) return noFigure('no-warm-call');
  const { tree } = compiled;
  const whole = tree.perCall;
  const parts = tree.children.filter((node) => node.kind === 'stage' && node.name === stage).map(({ perCall }) => perCall);
  const nanos = parts.reduce((sum, { meanTotalNanos }) => sum + meanTotalNanos, 0);
  const value = nanos / whole.meanTotalNanos;
  const relative = Math.hypot(
    ...parts.map(({ standardErrorTotalNanos }) => standardErrorTotalNanos / Math.max(1, nanos)),
    whole.standardErrorTotalNanos / whole.meanTotalNanos,
  );
  const reach = 1.96 * value * relative;
  return { kind: 'figure', value, interval: [Math.max(0, value - reach), Math.min(1, value + reach)] };
}

/** How many different call trees predict has, compiled and not: one where compiling changes nothing about the path. */
function pathsIn({ variants }: Analysis): Measurement {
  const trees = variants.filter(({ key, calls }) => (key === BASELINE || key === 'compiled/predict') && calls > 0).map(outlineOf);
  if (trees.length < 2) return noFigure('one-of-two');
  const count = new Set(trees).size;
  return {
    kind: 'figure',
    value: count,
    interval: [count, count],
    note: claimNote([{ kind: count === 1 ? 'same-trees' : 'other-trees' }]),
  };
}

/** The tree's frames by stage and kind; layers are numbered by their copy, so their names do not count. */
const outlineOf = ({ tree }: VariantAnalysis): string =>
  mapTree(
    tree,
    childrenOf,
    (node, children: string[]) => `${node.stage}/${node.kind === 'layer' ? 'layer' : node.name}(${children.join()})`,
  );

/** `report.html`, `report.md` and `claims.json` of a reproduction. @throws UserError when they cannot be written */
export function writeReproduction(folder: string, { runtime, machine, claims, notes }: Reproduction): void {
  const reproduction = { runtime, machine, claims, notes };
  writeFile(path.join(folder, 'report.html'), renderReproductionHtml(reproduction));
  writeFile(path.join(folder, 'report.md'), renderReproductionMarkdown(reproduction));
  writeFile(path.join(folder, 'claims.json'), `${JSON.stringify(reproduction, null, 2)}\n`);
}
