import { rmSync } from 'node:fs';
import path from 'node:path';
import { scratchFolder } from '../../engines/scratch-folder.js';
import type { Analysis } from '../../model/analysis.js';
import type { OwnProcessEngine } from '../../engines/engine.js';
import { engineOf } from '../../engines/engines.js';
import { given } from '../../model/given.js';
import type { Parity } from '../../model/parity.js';
import type { Recording, RecordingPair } from '../../model/recording.js';
import { readRecording } from '../../record/reader.js';
import type { WrittenFile } from '../../report/input.js';
import { parityReason } from '../../report/words/parity.js';
import { outputParity } from '../outputs.js';
import { reportRun } from '../../runs/analyse-run.js';
import type { ExistingFolder } from '../../runs/own-folder.js';
import { openPairSide, type PairSide, type SideSpec } from './pair-side.js';
import { alternately, measurePairs, pairFile, PAIR_SIDES, type PairLabel, type PairSideName, type PairsOptions } from './pairs.js';
import { inputsApart } from './same-inputs.js';
import { callsPerRound, medianOrNaN } from '../rounds.js';
import { inRunFolder, newRunFolder } from '../../runs/run-folder.js';

export interface CompareModelsOptions extends PairsOptions {
  /** Seconds of measured calls of each side in a pair; default 1. */
  readonly duration?: number;
  /** Seconds of calls before them, because V8 compiles what is hot; default 1.5. */
  readonly settleSeconds?: number;
  readonly level?: 'stages' | 'kernels';
  /** Run folder; default a new one under `profiles/`. */
  readonly out?: string;
  /** What to do where `out` holds something; default `refuse`. */
  readonly existing?: ExistingFolder;
}

export interface ComparedModels {
  readonly analysis: Analysis;
  readonly recordings: readonly Recording[];
  readonly folder: string;
  readonly files: readonly WrittenFile[];
  readonly interrupted: boolean;
}

const DEFAULT_SECONDS = 1;
const DEFAULT_SETTLE_SECONDS = 1.5;
/** A slow model takes longer than the seconds say, for the sake of an interval within the pair. */
const MIN_ROUNDS = 6;
const MIN_SETTLING_ROUNDS = 2;
/**
 * A process that other work leaves hardly any time makes few calls, of which none may be undisturbed, and V8 does not come to compile
 * what they run. So its calls, each as long as the fastest, must fill this share of the seconds, which are stretched up to so many times.
 */
const MIN_UNDISTURBED = 0.2;
const MAX_TIMES_LONGER = 5;
const WARM_UP_ROUND = -1;
const OUTPUTS_STAY: Parity = { kind: 'not-compared', reason: parityReason({ kind: 'another-process' }) };
/** What an engine in a process of its own runs where nothing is said. */
const DEFAULT_VARIANT = 'uncompiled/predict';

/**
 * Measures two models together: pairs of processes that live at the same time and take turns in rounds, until the answer is
 * settled. Each pair gives one estimate; calls of one process are never taken for independent.
 *
 * @throws UserError when either model does not load or run, and when it is interrupted before the first pair is done
 */
export async function compareModels(baseline: SideSpec, candidate: SideSpec, options: CompareModelsOptions = {}): Promise<ComparedModels> {
  const specs = { baseline, candidate };
  const names = { baseline: baseline.model, candidate: candidate.model };
  const folder = newRunFolder(options.out, 'compare', options.existing);
  const signal = options.signal ?? new AbortController().signal;
  const run: PairRun = { specs, folder, options, signal };
  // An engine in a process of its own makes its rounds by itself: then whole runs alternate.
  const engines = { baseline: engineOf(baseline.model), candidate: engineOf(candidate.model) };
  const measureOne = (side: PairSideName): Promise<readonly Recording[] | null> => {
    const engine = engines[side];
    return engine.runs === 'in-process' ? runAlone(specs[side], options, signal) : runElsewhere(engine, specs[side], options, signal);
  };
  const turns = Object.values(engines).every(({ runs }) => runs === 'in-process');
  const { interrupted } = await inRunFolder(folder, () =>
    measurePairs(
      turns ? (label, begins) => measureTogether(run, label, begins) : alternately({ folder, names, measureOne, parity: OUTPUTS_STAY }),
      options,
    ),
  );
  return { ...reportRun(folder), folder, interrupted };
}

interface PairRun {
  readonly specs: Readonly<Record<PairSideName, SideSpec>>;
  readonly folder: string;
  readonly options: CompareModelsOptions;
  readonly signal: AbortSignal;
}

/** One pair that lives at the same time and takes turns; null when interrupted. */
async function measureTogether(
  { specs, folder, options, signal }: PairRun,
  label: PairLabel,
  begins: () => void,
): Promise<readonly Recording[] | null> {
  const opened: PairSide[] = [];
  const files = PAIR_SIDES.map((side) => pairFile(folder, side, label.number));
  let isWhole = false;
  try {
    // One after the other, so that neither loads beside the other's first calls.
    for (const [index, side] of PAIR_SIDES.entries()) {
      const pair: RecordingPair = { ...label, side, name: specs[side].model, turns: 'rounds' };
      // Both are fed the same values where their inputs correspond: else their answers differ by what they were asked.
      const fed = given({ madeUpLike: opened[0]?.loaded.inputs });
      opened.push(
        await openPairSide(
          {
            side: { ...specs[side], options: { ...specs[side].options, ...fed } },
            level: options.level ?? 'kernels',
            file: files[index] ?? '',
            pair,
          },
          signal,
        ),
      );
    }
    begins();
    await takeTurns(opened, label.number, options, signal);
    if (signal.aborted) return null;
    const [one, other] = opened;
    await one?.finish();
    await other?.finish(one === undefined ? undefined : parityOf(one, other));
    const recordings = files.map((each) => readRecording(each));
    isWhole = true;
    return recordings;
  } catch (thrown) {
    if (signal.aborted) return null;
    throw thrown;
  } finally {
    for (const side of opened) side.close();
    // The report is made of what lies in the folder.
    if (!isWhole) for (const file of files) rmSync(file, { force: true });
  }
}

/** Without the same input there are no answers to compare. */
function parityOf(one: PairSide, other: PairSide): Parity {
  const apart = inputsApart(one.loaded, other.loaded);
  if (apart === 'others') {
    const [before, after] = [one.loaded.inputSignature, other.loaded.inputSignature];
    return { kind: 'not-compared', reason: parityReason({ kind: 'other-inputs', baseline: before, candidate: after }) };
  }
  const parity = outputParity(one.loaded.outputs, other.loaded.outputs);
  return parity.kind === 'compared' && apart === 'channels moved' ? { ...parity, inputs: 'channels moved' } : parity;
}

/** One side in a process of its own with nothing beside it; null when interrupted. */
async function runAlone(spec: SideSpec, options: CompareModelsOptions, signal: AbortSignal): Promise<readonly Recording[] | null> {
  const { path: folder, remove } = scratchFolder('compare');
  const file = path.join(folder, 'side.isr');
  try {
    const side = await openPairSide(
      {
        side: spec,
        level: options.level ?? 'kernels',
        file,
        pair: { side: 'baseline', number: 1, turns: 'runs', name: spec.model, looks: [] },
      },
      signal,
    );
    try {
      await takeTurns([side], 0, options, signal);
      if (signal.aborted) return null;
      await side.finish();
    } finally {
      side.close();
    }
    return [readRecording(file, { spansInMemory: Infinity })];
  } catch (thrown) {
    if (signal.aborted) return null;
    throw thrown;
  } finally {
    remove();
  }
}

async function runElsewhere(
  engine: OwnProcessEngine,
  { model, variant, env, python, options: load }: SideSpec,
  { duration = DEFAULT_SECONDS }: CompareModelsOptions,
  signal: AbortSignal,
): Promise<readonly Recording[] | null> {
  const { batch, shapes, inputs, seed, signature } = load;
  const recording = await engine.record(model, {
    ...given({ batch, shapes, inputs, seed, signature, python, env }),
    variants: [variant ?? DEFAULT_VARIANT],
    budgetMillis: duration * 1000,
    signal,
  });
  return signal.aborted ? null : [recording];
}

/** First until both are at speed, then in measured rounds; who begins changes from round to round and from pair to pair. */
async function takeTurns(
  sides: readonly PairSide[],
  number: number,
  { duration = DEFAULT_SECONDS, settleSeconds = DEFAULT_SETTLE_SECONDS }: CompareModelsOptions,
  signal: AbortSignal,
): Promise<void> {
  const first = await Promise.all(sides.map(async (side) => medianOrNaN(await side.calls(WARM_UP_ROUND, 1))));
  const perRound = first.map((nanos) => callsPerRound(nanos, undefined));
  const fastest = first.slice();
  const turns = async (seconds: number, minRounds: number, roundOf: (turn: number) => number): Promise<void> => {
    const start = performance.now();
    const calls = sides.map(() => 0);
    const isStarved = (): boolean => calls.some((made, index) => made * (fastest[index] ?? 0) < MIN_UNDISTURBED * seconds * 1e9);
    const goesOn = (turn: number): boolean => {
      const spent = (performance.now() - start) / 1000 / sides.length;
      return turn < minRounds || spent < seconds || (spent < MAX_TIMES_LONGER * seconds && isStarved());
    };
    for (let turn = 0; !signal.aborted && goesOn(turn); turn += 1) {
      for (const index of (turn + number) % 2 === 0 ? [0, 1] : [1, 0]) {
        const nanos = (await sides[index]?.calls(roundOf(turn), perRound[index] ?? 1)) ?? [];
        calls[index] = (calls[index] ?? 0) + nanos.length;
        fastest[index] = Math.min(fastest[index] ?? Infinity, ...nanos);
        // Warm-up shows how many calls make a round.
        if (roundOf(turn) < 0) perRound[index] = callsPerRound(medianOrNaN(nanos), undefined);
      }
    }
  };
  await turns(settleSeconds, MIN_SETTLING_ROUNDS, () => WARM_UP_ROUND);
  await turns(duration, MIN_ROUNDS, (turn) => turn);
}
