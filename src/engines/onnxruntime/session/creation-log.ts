import type { SessionStep } from '../../../model/run-facts.js';

/** `2026-11-30 13:44:56.956179115 [I:onnxruntime:, graph_transformer.cc:15 Apply] GraphTransformer MatMulAddFusion modified: 1 …` */
const LINE = /^\d+-\d+-\d+ ([01]\d|2[0-3]):([0-5]\d):([0-5]\d)\.(\d{9}) \[[A-Z]:[^\]]*\] (.*)$/;
/** Colours, where the log goes to a terminal. */
const COLOUR = /\u001b\[[\d;]*m/g;

const OPTIONS = /^Session Options/;
const BEGIN = /^Initializing session/;
const TRANSFORMED = /^GraphTransformer (.+?) modified: ([01])/;
const PLACED = /^Node placements/;
const END = /^Session successfully initialized/;

const DAY_NANOS = 24 * 3600 * 1e9;

interface LogLine {
  readonly nanos: number;
  readonly text: string;
}

/**
 * What making a session is made of, as the log of ONNX Runtime tells with `logSeverityLevel: 0`: loading the model, each pass
 * of the optimiser, then packing weights and planning memory. A line is written when a pass has ended, so a pass lasts from the line
 * before it; runs of the same pass are one step, at the place of its first.
 *
 * @returns empty where the log does not tell of a whole session
 */
export function readCreationLog(log: string): readonly SessionStep[] {
  const all = log.replace(COLOUR, '').split('\n').flatMap(lineOf);
  const first = all.findIndex(({ text }) => OPTIONS.test(text));
  const last = all.findIndex(({ text }, index) => index > first && END.test(text));
  if (first < 0 || last < 0) return [];
  const lines = all.slice(first, last + 1);
  const begin = lines.findIndex(({ text }) => BEGIN.test(text));
  const placed = lines.findIndex(({ text }) => PLACED.test(text));
  const [start, end] = [lines[0], lines.at(-1)];
  const [loaded, optimised] = [lines[begin], lines[placed]];
  if (start === undefined || end === undefined || loaded === undefined || optimised === undefined) return [];
  return [
    { name: 'load the model', runs: 1, nanos: since(start, loaded), step: 'load', changedRuns: 0 },
    ...passesIn(lines.slice(begin, placed + 1)),
    { name: 'pack weights and plan memory', runs: 1, nanos: since(optimised, end), step: 'pack-and-plan', changedRuns: 0 },
  ];
}

function passesIn(lines: readonly LogLine[]): readonly SessionStep[] {
  const passes = new Map<string, SessionStep>();
  lines.forEach((line, index) => {
    const [, name, modified] = TRANSFORMED.exec(line.text) ?? [];
    const before = lines[index - 1];
    if (name === undefined || before === undefined) return;
    const known = passes.get(name);
    passes.set(name, {
      name,
      runs: (known?.runs ?? 0) + 1,
      nanos: (known?.nanos ?? 0) + since(before, line),
      step: 'pass',
      changedRuns: (known?.changedRuns ?? 0) + Number(modified),
    });
  });
  return [...passes.values()];
}

function lineOf(line: string): readonly LogLine[] {
  const match = LINE.exec(line);
  if (match === null) return [];
  const [, hours, minutes, seconds, nanos, text = ''] = match;
  return [{ nanos: ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1e9 + Number(nanos), text }];
}

/** The log may run past midnight. */
const since = (from: LogLine, to: LogLine): number => (to.nanos - from.nanos + DAY_NANOS) % DAY_NANOS;
