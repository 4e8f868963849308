/**
 * The library. Everything that the command line does can be done from here.
 *
 * ```ts
 * import { profileModel, compileToGraph } from 'inferscope';
 * const { analysis, folder } = await profileModel('my-model/', { batch: 32, variants: ['uncompiled', 'graph'] });
 * ```
 */
import { restoreForTfjsNode } from './runtime/node-compat.js';

// The program may load TensorFlow itself, and hand it over.
restoreForTfjsNode();

export { profileModel } from './api/profile.js';
export type { ProfileOptions, ProfileResult } from './api/profile.js';
export { readRun } from './api/run-folder.js';
export { openRun } from './api/open-run.js';
export type { OpenedRun } from './api/open-run.js';
export { comparisonOfProfiles, viewOfProfiles } from './api/view-profiles.js';
export { renderProfilesHtml } from './render/profiles/html.js';
export { renderProfilesMarkdown } from './render/profiles/markdown.js';
export type { ForeignProfile, ProfileComparison } from './model/foreign.js';
export { checkModel, measureBaseline, measureSessions } from './api/sessions.js';
export type { SessionOptions } from './api/sessions.js';
export { sweepModel } from './api/sweep.js';
export type { SweepOptions } from './api/sweep.js';
export { reproduce, writeReproduction } from './api/reproduce/reproduce.js';
export type { ReproduceOptions, Reproduced } from './api/reproduce/reproduce.js';
export { checkAgainst, type CheckOptions } from './analyse/gate.js';
export { readBaseline, writeBaseline } from './analyse/baseline-file.js';
export type { Difference } from './analyse/parity.js';
export { analyse } from './analyse/analyse.js';
export { compareRuns } from './analyse/compare-runs.js';
export type { CompareRunsOptions, RunComparison } from './analyse/compare-runs.js';
export { compileToGraph } from './api/compile-to-graph.js';
export type { CompiledGraph } from './compile/compile-to-graph.js';
export { compiledGraphs } from './compile/known-graphs.js';
export type { CompileOptions, GraphBuilding } from './compile/options.js';
export { writeSavedModel } from './compile/write-saved-model.js';
export { Instrumentation } from './instrument/instrumentation.js';
export type { InstrumentationOptions } from './instrument/instrumentation.js';
export { EXIT, UserError } from './model/errors.js';
export type { ExitCode } from './model/errors.js';
export type { Advice, Analysis, Comparison, VariantAnalysis, Verdict } from './model/analysis.js';
export { judgeClaim } from './model/claim.js';
export type { Claim, ClaimVerdict, Experiment, Measurement, Question, Reproduction } from './model/claim.js';
export type { Baseline, GateCheck, GateOutcome, GateResult } from './model/gate.js';
export type { Crossover, Sweep, SweepFit, SweepPoint, SweepResult, SweptVariant } from './model/sweep.js';
export type { Trial, TriedTraffic } from './model/trial.js';
export type { Traffic } from './api/traffic.js';
export type { Conditions, FalseAlarms, Trust } from './model/trust.js';
export type { CallRecord, Environment, ModelInfo, Recording, RecordingMeta } from './model/recording.js';
export { Recorder } from './record/recorder.js';
export { readRecording } from './record/reader.js';
export { InferenceInstrumentation } from './register/inference-instrumentation.js';
export type { CallInfo, InferenceInstrumentationConfig, KernelSpans, SpanInfo } from './register/config.js';
export { renderReportHtml } from './render/report-html.js';
export { renderReportMarkdown } from './render/report-markdown.js';
export { renderReproductionHtml, renderReproductionMarkdown } from './render/reproduction.js';
export { renderSweepHtml } from './render/sweep.js';
