import { expect, test } from 'vitest';
import { STAGES, stageCode, stageFromCode } from '../../src/model/stage.js';

test('recordings made before there was a queue read back: their codes mean the same', () => {
  const first = ['data-adapter', 'graph-building', 'kernel-execution', 'fetch', 'glue', 'gc', 'tool', 'unexplained'];
  expect(first.map((_, code) => stageFromCode(code))).toEqual(first);
});

test('every stage has a code of its own, and every code a stage', () => {
  expect(STAGES.map((stage) => stageFromCode(stageCode(stage)))).toEqual(STAGES);
  expect(STAGES.map(stageCode).sort((a, b) => a - b)).toEqual(STAGES.map((_, code) => code));
  expect(() => stageFromCode(STAGES.length)).toThrow(RangeError);
});
