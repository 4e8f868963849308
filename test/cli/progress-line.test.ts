import { expect, test, vi } from 'vitest';
import { progressLine, progressText } from '../../src/cli/progress-line.js';

test('says what is under way and how long it will take', () => {
  expect(progressText({ phase: 'rounds', done: 2, of: 6, remainingMillis: 170_000 }, 'medium model')).toBe(
    'medium model: rounds 2 of 6, about 3 min left',
  );
  expect(progressText({ phase: 'import', done: 0, of: 1 })).toBe('import 0 of 1');
});

test('without a terminal there is a line for each phase, and then one every 30 s', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const lines: string[] = [];
    const line = progressLine(false, (text) => lines.push(text));
    line.show({ phase: 'first calls', done: 0, of: 2 });
    for (let done = 0; done < 6; done++) {
      line.show({ phase: 'rounds', done, of: 6 });
      vi.advanceTimersByTime(12_000);
    }
    expect(lines).toEqual(['first calls 0 of 2', 'rounds 0 of 6', 'rounds 3 of 6']);
  } finally {
    vi.useRealTimers();
  }
});
