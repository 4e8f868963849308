import { readForeignProfile } from '../../helpers/foreign-profile.js';
import { renderChromeTrace } from '../../../src/formats/chrome-trace/write.js';
import { renderCpuProfile } from '../../../src/formats/cpuprofile/write.js';
import { foldTree, renderDiffFolded } from '../../../src/formats/folded/write.js';
import { renderPprof } from '../../../src/formats/pprof/write.js';
import { renderSpeedscope } from '../../../src/formats/speedscope/write.js';
import { drawLines } from '../../helpers/drawn-lines.js';
import { drawAnalysis, drawDiff, TINY } from '../../helpers/drawn-analysis.js';

/** The drawn run whose files other tools open here. */
export const ANALYSIS = drawAnalysis(TINY);

const RECORDING = drawLines(`
  call glue predict 0..1000000
    kernel kernel-execution MatMul 100000..400000
    kernel kernel-execution Relu 300000..700000
`);

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
