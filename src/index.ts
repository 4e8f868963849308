/**
 * The library. Everything that the command line does can be done from here.
 *
 * ```ts
 * import { profileModel, compileToGraph } from 'inferscope';
 * const { analysis, folder } = await profileModel('my-model/', { batch: 32, variants: ['uncompiled', 'graph'] });
 * ```
 */
import { restoreForTfjsNode } from './engines/tensorflow/load/node-compat.js';

// The program may load TensorFlow itself, and hand it over.
restoreForTfjsNode();

export { profileModel } from './measure/profile.js';
export type { ProfileResult } from './measure/profile.js';
export type { ProfileOptions } from './measure/profile-options.js';
export { readRun } from './runs/run-folder.js';
export { openRun } from './runs/open-run.js';
export type { OpenedRun } from './runs/open-run.js';
export { comparisonOfProfiles, viewOfProfiles } from './runs/view-profiles.js';
export { renderProfilesHtml } from './report/studies/profiles/html.js';
export { renderProfilesMarkdown } from './report/studies/profiles/markdown.js';
export type { ForeignProfile, ProfileComparison } from './model/foreign.js';
export { checkModel, measureBaseline, measureProcesses as measureSessions } from './measure/gate/processes.js';
export type { GateOptions as SessionOptions } from './measure/gate/processes.js';
export { sweepModel } from './measure/sweep.js';
export type { SweepOptions } from './measure/sweep.js';
export { reproduce, writeReproduction } from './measure/reproduce/reproduce.js';
export type { ReproduceOptions, Reproduced } from './measure/reproduce/reproduce.js';
export type { CheckOptions } from './analyse/gate.js';
export { readBaseline, writeBaseline } from './analyse/baseline-file.js';
export type { Difference } from './model/parity.js';
export { toldAnalysis as analyse, toldCheck as checkAgainst, toldRuns as compareRuns } from './runs/told.js';
export type { CompareRunsOptions } from './analyse/compare-runs.js';
export type { RunComparison } from './model/analysis.js';
export { compileToGraph } from './engines/tensorflow/compile-to-graph.js';
export type { CompiledGraph } from './engines/tensorflow/graph/compiled-graph.js';
export { compiledGraphs } from './engines/tensorflow/graph/known-graphs.js';
export type { CompileOptions, GraphBuilding } from './engines/tensorflow/graph/options.js';
export { writeSavedModel } from './engines/tensorflow/graph/write-saved-model.js';
export { Instrumentation } from './engines/tensorflow/seams/instrumentation.js';
export type { InstrumentationOptions } from './engines/tensorflow/seams/instrumentation.js';
export { EXIT, UserError } from './model/errors.js';
export type { ExitCode } from './model/errors.js';
export type { Advice, Analysis, Comparison, VariantAnalysis } from './model/analysis.js';
export type { Verdict } from './model/verdict.js';
export { judgeClaim } from './report/words/claims.js';
export type { Claim, ClaimVerdict, Experiment, Measurement, Question, Reproduction } from './model/claim.js';
export type { Baseline, GateCheck, GateOutcome, GateResult } from './model/gate.js';
export type { Crossover, Sweep, SweepFit, SweepPoint, SweepResult, SweptVariant } from './model/sweep.js';
export type { Trial, TriedTraffic } from './model/trial.js';
export type { Traffic } from './measure/trials/traffic.js';
export type { Conditions, FalseAlarms, Trust } from './model/trust.js';
export type { CallRecord, Environment, ModelInfo, Recording, RecordingMeta } from './model/recording.js';
export { Recorder } from './record/recorder.js';
export { readRecording } from './record/reader.js';
export { InferenceInstrumentation } from './telemetry/live/inference-instrumentation.js';
export type { CallInfo, InferenceInstrumentationConfig, KernelSpans, SpanInfo } from './telemetry/live/config.js';
export { renderReportHtml } from './report/report-html.js';
export { renderReportMarkdown } from './report/report-markdown.js';
export { renderReproductionHtml, renderReproductionMarkdown } from './report/studies/reproduction/reproduction.js';
export { renderSweepHtml } from './report/studies/sweep/sweep.js';
