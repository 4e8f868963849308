import { surestShifts } from '../analyse/findings/shifts.js';
import type { Analysis, ColdCall, Comparison, DiffNode, VariantAnalysis } from '../model/analysis.js';
import { layersOf, linesUp } from '../model/layers.js';
import type { RenderInput, WrittenFile } from './input.js';
import { headlineOf } from './topics/verdict.js';

/** Version of `report.json`. A reader that knows only older ones must refuse. 1 (2026-11): first. */
export const REPORT_VERSION = 1;

/** Frames of a comparison listed in `report.json`: those that differ for sure, largest shift first. */
const MAX_FRAMES = 50;

/**
 * The object of `report.json` and of `profile --json`; `docs/report.schema.json` describes it. Trees and single
 * calls are left out: `export` writes those in formats made for them.
 */
export function reportObject(analysis: Analysis, files: readonly WrittenFile[] = []) {
  const { model, runtime, environment, inputSignature, batch, confidence, peak, passes, loads, eventLoop, spans, advice, notes, trust } =
    analysis;
  return {
    reportVersion: REPORT_VERSION,
    model,
    runtime,
    environment,
    inputSignature,
    batch,
    confidence,
    peak,
    passes: passes ?? null,
    loads: loads ?? [],
    eventLoop: eventLoop ?? null,
    variants: analysis.variants.map(variantObject),
    comparisons: analysis.comparisons.map(comparisonObject),
    signatures: analysis.signatures,
    padding: analysis.padding,
    signatureGroups: analysis.signatureGroups ?? [],
    spans,
    trust: trust ?? null,
    advice,
    notes,
    headline: headlineOf(analysis),
    models: analysis.models ?? [],
    leaks: analysis.leaks ?? [],
    memory: analysis.memory ?? null,
    files,
  };
}

/** `report.json`, indented so that two runs can be read in a diff. */
export const renderReportJson = ({ analysis, files }: Pick<RenderInput, 'analysis' | 'files'>): string =>
  `${JSON.stringify(reportObject(analysis, files), null, 2)}\n`;

function variantObject({
  key,
  name,
  call,
  calls,
  errors,
  latencyNanos,
  blockNanos,
  cpu,
  stages,
  kernels,
  work,
  loops,
  sampling,
  cold,
}: VariantAnalysis) {
  return {
    key,
    name,
    call,
    calls,
    errors,
    latencyNanos,
    blockNanos: blockNanos ?? null,
    cpu: cpu ?? null,
    stages,
    kernels,
    work,
    loops,
    sampling,
    cold: coldObject(cold),
  };
}

/** The first cold call up front, because that is the one people ask for; all of them below. */
function coldObject(cold: readonly ColdCall[]) {
  const [first] = cold;
  return {
    calls: cold.length,
    latencyNanos: first?.latencyNanos ?? null,
    stages: first?.stages ?? null,
    causes: first?.causes ?? [],
    all: cold,
  };
}

function comparisonObject(comparison: Comparison) {
  const { baseline, candidate, ratio, interval, verdict, sentence, withheld, outputs, diff } = comparison;
  const layers = layersOf(comparison);
  return {
    baseline,
    candidate,
    ratio,
    interval,
    verdict,
    sentence,
    withheld: withheld ?? null,
    outputs: outputs ?? null,
    frames: surestFrames(diff),
    layers: linesUp(layers) ? layers : [],
  };
}

const surestFrames = (diff: DiffNode) =>
  surestShifts(diff, MAX_FRAMES).map(({ path, node }) => ({
    path,
    stage: node.stage,
    shiftNanosPerCall: node.shiftNanos,
    interval: node.interval,
    baselineNanosPerCall: node.baseline.totalNanosPerCall,
    candidateNanosPerCall: node.candidate.totalNanosPerCall,
  }));
