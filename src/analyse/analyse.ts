import type { VariantAnalysis, WorkFigure } from '../model/analysis.js';
import { UserError } from '../model/errors.js';
import type { ComparisonFinding, Findings } from '../model/findings.js';
import type { MachinePeak } from '../model/roofline.js';
import { given } from '../model/given.js';
import type { Environment, Recording } from '../model/recording.js';
import { paddingPlans } from '../model/signatures.js';
import { isCreationCall, variantKey } from '../model/variant.js';
import { compareSides, withheldBy, type Side } from './compare.js';
import { cpuFigure } from './cpu.js';
import { loopNanos } from './findings/loops.js';
import { emptyFrame, type Frame, flameNode } from './frames.js';
import { gather, type Gathered } from './gather.js';
import { inProcesses, type InProcesses } from './in-processes.js';
import { kernelFigures, kernelsFrom } from './kernel-table.js';
import { summarise } from './latency.js';
import { stageFigures } from './ledger.js';
import { loadFigures } from './load.js';
import { leaksOf } from './leaks.js';
import { memoryFigure } from './memory.js';
import { byModel } from './models.js';
import { notesOn } from './notes.js';
import { type AnalyseOptions, type Settings, settingsOf } from './options.js';
import { samplingFigure } from './sampling.js';
import { trustOf } from './trust.js';
import { sameGraphs, withoutWinnersOfOneGraph } from './same-graph.js';
import { signatureGroups } from './signature-groups.js';
import { signatureRows } from './signatures.js';
import type { VariantData } from './variant-data.js';
import { variantFrames } from './variant-frames.js';

/**
 * Turns recordings of one model into figures: ledger, latencies, call trees, kernels, comparisons.
 *
 * Variants come in the order in which the recordings name them; variants of the same key in several recordings are
 * put together. @throws UserError without a recording or when `options.baseline` names no variant.
 */
export function analyse(given: readonly Recording[], options: AnalyseOptions = {}): Findings {
  const { recordings, models } = byModel(given);
  const first = recordings[0];
  if (first === undefined) throw new UserError('There is nothing to analyse: no recording was given.');
  const settings = settingsOf(options);
  const gathered = gather(recordings);
  const frames = new Map(gathered.variants.map((data) => [data.key, variantFrames(data, gathered)]));
  const peak = recordings.find((recording) => recording.peak !== undefined)?.peak ?? null;
  const variants = gathered.variants.map((data) =>
    variantAnalysis(data, frames.get(data.key), { peak, confidence: settings.confidence, environment: first.meta.environment }),
  );
  const passes = recordings.find(({ run }) => run?.passes !== undefined)?.run?.passes;
  const loads = loadFigures(recordings.flatMap(({ run }) => run?.loads ?? []));
  const { eventLoop } = gathered;
  const trust = trustOf(recordings, gathered.variants, gathered.controls, settings);
  const memory = memoryFigure(recordings);
  const leaks = leaksOf(recordings);
  const signatures = signatureRows(recordings);
  return {
    model: first.meta.model,
    runtime: first.meta.model.runtime,
    environment: first.meta.environment,
    inputSignature: inputOf(recordings),
    batch: first.meta.batch,
    confidence: settings.confidence,
    variants,
    comparisons: withoutWinnersOfOneGraph(
      compareAll(first, gathered, frames, { settings, over: inProcesses(recordings) }),
      sameGraphs(recordings),
    ).map((comparison) => withOutputs(withheldBy(comparison, trust), first)),
    trust,
    peak,
    ...(passes === undefined ? {} : { passes }),
    ...(loads.length === 0 ? {} : { loads }),
    ...(eventLoop === null ? {} : { eventLoop }),
    signatures,
    padding: paddingPlans(signatures),
    signatureGroups: signatureGroups(recordings),
    models,
    ...(leaks === undefined ? {} : { leaks }),
    ...(memory === null ? {} : { memory }),
    spans: {
      recorded: recordings.reduce((sum, { spans }) => sum + spans.length, 0),
      accepted: null,
      lost: recordings.reduce((sum, { lostSpans }) => sum + lostSpans, 0),
    },
    notes: notesOn(recordings, variants, gathered.variants, settings.confidence),
    evidence: {
      tensorsLeft: new Map(gathered.variants.map((data) => [data.key, data.tensorsLeft / Math.max(1, data.latencies.length)])),
      trials: recordings.flatMap((recording) => recording.trials ?? []),
    },
  };
}

/** What the run found of the outputs was held against the first variant's. */
function withOutputs(comparison: ComparisonFinding, { meta, run }: Recording): ComparisonFinding {
  const [baseline] = meta.variants;
  if (baseline === undefined || comparison.baseline !== variantKey(baseline)) return comparison;
  return { ...comparison, ...given({ outputs: run?.outputs?.find(({ variant }) => variant === comparison.candidate)?.parity }) };
}

/** What was fed first: a program's recording may begin with a session that is made, which is fed nothing. */
function inputOf(recordings: readonly Recording[]): string {
  const [first] = recordings;
  const [begun] = first?.calls ?? [];
  const given = first?.meta.inputSignature ?? UNKNOWN_INPUT;
  if (given !== UNKNOWN_INPUT && !(first !== undefined && begun !== undefined && isCreationCall(first.meta.variants, begun))) return given;
  for (const recording of recordings) {
    const fed = recording.calls.find((call) => call.signature !== UNKNOWN_INPUT && !isCreationCall(recording.meta.variants, call));
    if (fed !== undefined) return fed.signature;
  }
  return UNKNOWN_INPUT;
}

const UNKNOWN_INPUT = 'unknown';

const blockOf = (heldNanos: readonly number[]): NonNullable<VariantAnalysis['blockNanos']> => {
  const { p50, max } = summarise(heldNanos);
  return { p50, max };
};

function variantAnalysis(
  data: VariantData,
  frames: Frame | undefined,
  { peak, confidence, environment }: { readonly peak: MachinePeak | null; readonly confidence: number; readonly environment: Environment },
): VariantAnalysis {
  const cpu = cpuFigure(data.cpu, environment);
  const latencyNanos = summarise(data.latencies);
  return {
    key: data.key,
    name: data.variant.name,
    call: data.variant.call,
    ...(data.variant.compiler === undefined ? {} : { compiler: data.variant.compiler }),
    ...(data.variant.model === undefined ? {} : { model: data.variant.model }),
    calls: data.latencies.length,
    latencyNanos,
    ...(data.heldNanos.length === 0 ? {} : { blockNanos: blockOf(data.heldNanos) }),
    ...(cpu === null ? {} : { cpu }),
    stages: stageFigures(data.ledger, data.ledgerCalls),
    kernels: kernelFigures(data.timedKernels, data.tracedKernels, latencyNanos.mean),
    work: workFigures(data, peak),
    loops: [...data.loops.values()].sort((a, b) => loopNanos(b.iterationNanos) - loopNanos(a.iterationNanos)),
    sampling: samplingFigure({ plain: data.latencies, traced: data.tracedLatencies, inWarmUp: data.tracedInWarmUp }, confidence),
    cold: data.cold,
    tree: flameNode(frames ?? emptyFrame(data.variant.call)),
    timeline: data.timeline,
    errors: data.errors,
  };
}

function workFigures({ timedKernels, tracedKernels, timedWork, tracedWork }: VariantData, peak: MachinePeak | null): readonly WorkFigure[] {
  const share = (op: string): number | null => tracedKernels.nativeShare(op);
  if (kernelsFrom(timedKernels, tracedKernels) === 'timed') return timedWork.figures(peak, share);
  // Of a traced operation the native part has a span of its own: what is held here is the rest.
  return tracedWork.figures(peak, (op) => {
    const native = share(op);
    return native === null || native === 1 ? null : native / (1 - native);
  });
}

function compareAll(
  first: Recording,
  { variants }: Gathered,
  frames: ReadonlyMap<string, Frame>,
  { settings, over }: { readonly settings: Settings; readonly over: InProcesses | null },
): ComparisonFinding[] {
  const side = (data: VariantData): Side => ({
    key: data.key,
    latencies: { nanos: data.latencies, blocks: data.latencyBlocks },
    frames: frames.get(data.key) ?? emptyFrame(data.variant.call),
  });
  const { runtime } = first.meta.model;
  const groups =
    settings.baseline === null
      ? [...new Set(variants.map(({ variant }) => variant.model))]
      : [baselineNamed(first, variants, settings.baseline).variant.model];
  return groups.flatMap((model) => {
    const own = variants.filter(({ variant }) => variant.model === model);
    const baseline = own.find(({ key }) => key === settings.baseline) ?? own[0];
    if (baseline === undefined || baseline.variant.alone === true) return [];
    return own
      .filter((data) => data !== baseline && data.variant.alone !== true)
      .map((data) => compareSides(side(baseline), side(data), runtime, first.meta.tool.clockResolutionNanos, settings, over))
      .filter((comparison) => comparison !== null);
  });
}

/** @throws UserError when no variant has that key. */
function baselineNamed(first: Recording, variants: readonly VariantData[], key: string): VariantData {
  const found = variants.find((data) => data.key === key);
  if (found !== undefined) return found;
  const known = (variants.length > 0 ? variants.map((data) => data.key) : first.meta.variants.map(variantKey)).join(', ');
  throw new UserError(`There is no variant ${key} in this run; choose one of: ${known}.`);
}
