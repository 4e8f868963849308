import { readForeignProfile } from '../../../src/read/read-foreign.js';
import { renderChromeTrace } from '../../../src/render/chrome-trace.js';
import { renderCpuProfile } from '../../../src/render/cpuprofile.js';
import { foldTree, renderDiffFolded } from '../../../src/render/folded-stacks.js';
import { renderPprof } from '../../../src/render/pprof.js';
import { renderSpeedscope } from '../../../src/render/speedscope.js';
import { drawRecording } from '../../render/drawn-recording.js';
import { drawAnalysis, drawDiff, TINY } from '../../render/drawn.js';

/** The drawn run whose files other tools open here. */
export const ANALYSIS = drawAnalysis(TINY);

const RECORDING = drawRecording([
  { name: 'predict', from: 0, to: 1_000_000, parent: -1 },
  { name: 'MatMul', from: 100_000, to: 400_000, parent: 0, stage: 'kernel-execution' },
  { name: 'Relu', from: 300_000, to: 700_000, parent: 0, stage: 'kernel-execution' },
]);

const [uncompiled, graph] = ANALYSIS.variants.map(({ tree }) => tree);

/** One file of each format that is written, by its name. */
export const WRITTEN: Readonly<Record<string, string | Uint8Array>> = {
  'run.speedscope.json': renderSpeedscope(ANALYSIS),
  'run.nanos.collapsedstack.txt': foldTree(uncompiled!),
  'run.trace.json': renderChromeTrace([RECORDING]),
  'run.cpuprofile': renderCpuProfile(uncompiled!),
  'run.pb.gz': renderPprof(ANALYSIS.variants),
};

export const DIFFERENCE = renderDiffFolded(drawDiff(uncompiled!, graph!));

/** Nanoseconds of the whole by our own reader: the figure that another tool has to agree with. */
export const ownTotal = (name: string): number => readForeignProfile(name, Buffer.from(WRITTEN[name]!)).reduce((sum, { tree }) => sum + tree.totalNanos, 0);
