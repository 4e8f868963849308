import { expect, it } from 'vitest';
import { TypicalRun } from '../../../../src/engines/onnxruntime/seams/typical-run.js';

/** Which runs of each call may be traced; `calls`: how many runs each makes. */
function typical(calls: readonly number[]): number[][] {
  const runs = new TypicalRun();
  return calls.map((made, call) => Array.from({ length: made }, (_, run) => run).filter(() => runs.next(call)));
}

it('the run in the middle of a call stands for it, from the third call on, as many as the call before made', () => {
  expect(typical([1, 1, 1, 1])).toEqual([[], [], [0], [0]]);
  expect(typical([9, 9, 9, 4, 9, 9])).toEqual([[], [], [4], [], [2], [4]]);
});
