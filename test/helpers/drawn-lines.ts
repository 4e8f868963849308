import type { CallRecord, Recording } from '../../src/model/recording.js';
import { SPAN_KINDS, type SpanKind } from '../../src/model/span.js';
import { STAGES, type Stage } from '../../src/model/stage.js';
import { draw, type DrawnSpan } from './recordings.js';

interface Line extends DrawnSpan {
  readonly depth: number;
  readonly children: Line[];
}

/**
 * Spans from a drawing, one a line, indented by two spaces under its parent:
 *
 *     call    glue              predict 0..1000
 *       stage   data-adapter      data-adapter 10..100
 *       kernel  kernel-execution  MatMul 200..700 [32,2]
 */
export function spansOf(drawing: string): readonly DrawnSpan[] {
  const lines = drawing
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseLine);
  const margin = lines[0]!.depth;
  const open: Line[] = [];
  for (const line of lines) {
    const level = line.depth - margin;
    if (level > 0) open[level - 1]!.children.push(line);
    open.length = level;
    open[level] = line;
  }
  return lines.filter(({ depth }) => depth === margin);
}

/** A recording from a drawing; a line at the margin begins a call, `calls` overrides fields of the calls in order. */
export const drawLines = (drawing: string, calls: readonly Partial<CallRecord>[] = []): Recording =>
  draw({
    calls: spansOf(drawing).map((root, index) => ({ round: 0, ...calls[index], root })),
    variants: [
      { name: 'uncompiled', call: 'predict' },
      { name: 'compiled', call: 'predict' },
    ],
    tool: { insideNanos: 60, outsideNanos: 40, clockResolutionNanos: 30 },
  });

function parseLine(line: string): Line {
  const match = /^( *)(\S+) +(\S+) +(\S+) (-?\d+)\.\.(\d+)(?: (\[[\d,]*\]))?\s*$/.exec(line);
  const kind: SpanKind | undefined = SPAN_KINDS.find((known) => known === match?.[2]);
  const stage: Stage | undefined = STAGES.find((known) => known === match?.[3]);
  if (!match || !kind || !stage) throw new Error(`cannot read the drawing's line: ${line}`);
  return {
    depth: match[1]!.length / 2,
    kind,
    stage,
    name: match[4]!,
    start: Number(match[5]),
    duration: Number(match[6]) - Number(match[5]),
    detail: match[7] === undefined ? {} : { outputShapes: [match[7]] },
    children: [],
  };
}

/** A recording of `calls` calls with five spans each, for what needs many. */
export function manyCalls(calls: number): Recording {
  const lines = Array.from({ length: calls }, (_, call) => {
    const at = (offset: number): number => call * 10_000 + offset;
    return [
      `call glue predict ${at(0)}..${at(9000)}`,
      `  stage data-adapter data-adapter ${at(10)}..${at(900)}`,
      `  stage kernel-execution kernel-execution ${at(1000)}..${at(8000)}`,
      `    kernel kernel-execution MatMul ${at(1100)}..${at(5000)} [32,2]`,
      `    kernel kernel-execution Relu ${at(5001)}..${at(7999)} [32,2]`,
    ].join('\n');
  });
  return drawLines(lines.join('\n'));
}
