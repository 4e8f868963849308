import { readForeignProfile } from '../../../src/formats/read-foreign.js';
import { renderChromeTrace } from '../../../src/formats/chrome-trace/write.js';
import { renderCpuProfile } from '../../../src/formats/cpuprofile/write.js';
import { foldTree, renderDiffFolded } from '../../../src/formats/folded/write.js';
import { renderPprof } from '../../../src/formats/pprof/write.js';
import { renderSpeedscope } from '../../../src/formats/speedscope/write.js';
import { drawRecording } from '../../report/drawn-recording.js';
import { drawAnalysis, drawDiff, TINY } from '../../report/drawn.js';

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
export const ownTotal = (name: string): number =>
  readForeignProfile(name, Buffer.from(WRITTEN[name]!)).reduce((sum, { tree }) => sum + tree.totalNanos, 0);
