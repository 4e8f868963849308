import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crossover, fitSweep, type Crossover, type SweepPoint, type SweepResult } from '../../analyse/sweep.js';
import { profileModel } from '../../api/profile.js';
import { EXIT, UserError } from '../../model/errors.js';
import { formatNanos } from '../../model/nanos.js';
import type { CommandSpec } from '../command.js';
import { onInterrupt } from '../interrupt.js';
import { modelOptions, runOptions, type ModelArguments, type RunArguments } from '../options.js';
import { optionsOf } from './profile.js';

interface Arguments extends Omit<ModelArguments, 'batch'>, RunArguments {
  readonly model: string;
  readonly batch: string;
  readonly passes: number;
}

export const sweepCommand: CommandSpec<Arguments> = {
  command: 'sweep <model>',
  describe: 'Fit latency = fixed + per item × batch for each variant, and find where they cross',
  examples: [
    ['sweep my-model/ --batch 1,2,4,8,16,32', 'The fixed cost of a call and the cost of a row'],
    ['sweep my-model/ --batch 1,8,64 --variants uncompiled/predict,graph/predict', 'Where two variants cross'],
  ],
  options: (yargs) =>
    runOptions(modelOptions(yargs.positional('model', { type: 'string', demandOption: true, describe: 'model.json, or its folder, or a SavedModel folder' })))
      .option('batch', { type: 'string', default: '1,2,4,8,16,32', describe: 'Batch sizes, three or more' })
      .option('passes', { type: 'number', default: 3, describe: 'How often each size is measured, in turn' }),
  run: async (args, terminal) => {
    const sizes = sizesOf(args.batch);
    const interrupt = onInterrupt(terminal.remark);
    const folder = args.out ?? mkdtempSync(path.join(tmpdir(), 'inferscope-sweep-'));
    const points = new Map<string, SweepPoint[]>();
    try {
      for (let pass = 1; pass <= args.passes; pass += 1) {
        for (const size of sizes) {
          terminal.remark(`Pass ${pass} of ${args.passes}, batch ${size}`);
          const given = optionsOf({ ...args, batch: size, duration: args.duration ?? (args.calls === undefined ? 0.3 : undefined) });
          const { analysis, interrupted } = await profileModel(args.model, { level: 'stages', controls: 'none', ...given, out: path.join(folder, `pass-${pass}-batch-${size}`), signal: interrupt.signal });
          if (interrupted) throw new UserError('Interrupted: the sweep is not complete, so nothing was fitted.', EXIT.interrupted);
          for (const { key, calls, latencyNanos } of analysis.variants) {
            if (calls > 0) points.set(key, [...(points.get(key) ?? []), { size, nanos: latencyNanos.p50 }]);
          }
        }
      }
    } finally {
      interrupt.done();
      if (args.out === undefined) rmSync(folder, { recursive: true, force: true });
    }
    const variants = [...points].map(([key, own]) => ({ key, points: own, result: fitSweep(own) }));
    const crossovers = crossoversOf(variants, sizes);
    for (const { key, result } of variants) terminal.say(fitSentence(key, result));
    for (const { baseline, candidate, at } of crossovers) terminal.say(crossoverSentence(baseline, candidate, at));
    terminal.data({ sizes, variants, crossovers });
    return EXIT.ok;
  },
};

function sizesOf(text: string): number[] {
  const sizes = text.split(',').map(Number);
  if (sizes.length < 3 || !sizes.every((size) => Number.isInteger(size) && size > 0) || new Set(sizes).size !== sizes.length) {
    throw new UserError(`--batch ${text} must be three or more different whole numbers, such as 1,4,16.`, EXIT.usage);
  }
  return sizes.sort((a, b) => a - b);
}

interface Swept {
  readonly key: string;
  readonly result: SweepResult;
}

function crossoversOf(variants: readonly Swept[], sizes: readonly number[]): { baseline: string; candidate: string; at: Crossover }[] {
  const [baseline, ...others] = variants;
  if (baseline?.result.kind !== 'line') return [];
  const base = baseline.result.fit;
  return others.flatMap(({ key, result }) =>
    result.kind === 'line' ? [{ baseline: baseline.key, candidate: key, at: crossover(base, result.fit, sizes[0] ?? 1, sizes.at(-1) ?? 1) }] : [],
  );
}

function fitSentence(key: string, result: SweepResult): string {
  if (result.kind === 'refused') return `${key}: ${result.reason}.`;
  const { fixedNanos, perItemNanos } = result.fit;
  const range = ([low, high]: readonly [number, number]): string => `95 % ${formatNanos(low)} to ${formatNanos(high)}`;
  return `${key}: ${formatNanos(fixedNanos.value)} a call (${range(fixedNanos.interval)}) and ${formatNanos(perItemNanos.value)} an item (${range(perItemNanos.interval)}).`;
}

function crossoverSentence(baseline: string, candidate: string, at: Crossover): string {
  switch (at.kind) {
    case 'none':
      return at.faster === 'neither' ? `${candidate} and ${baseline} are the same.` : `${at.faster === 'baseline' ? baseline : candidate} is faster at all sizes measured, compared with ${at.faster === 'baseline' ? candidate : baseline}.`;
    case 'cannot-tell':
      return `Whether ${candidate} and ${baseline} cross cannot be told: ${at.reason}.`;
    case 'crossover': {
      const [low, high] = at.size.interval;
      const [below, above] = at.fasterBelow === 'baseline' ? [baseline, candidate] : [candidate, baseline];
      return `${below} is faster below a batch of ${at.size.value.toFixed(1)} (95 % ${low.toFixed(1)} to ${high.toFixed(1)}), ${above} above.`;
    }
  }
}
