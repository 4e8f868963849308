import { expect, test } from 'vitest';
import type { RunNote } from '../../src/model/run-facts.js';
import { saysMissing } from '../../src/report/words/notes.js';
import { toldAnalysis } from '../../src/runs/told.js';
import { draw } from '../helpers/recordings.js';

test('what says that figures are missing is picked by what it is, not by its words', () => {
  const said = 'Nothing is missing here, and nothing could not be seen.';
  const notes: RunNote[] = [
    { kind: 'said', sentence: said },
    { kind: 'said', sentence: 'fetch has no seam in this version.', of: 'missing' },
    { kind: 'stopped', what: 'variant', variant: 'graph/predict', reason: 'out of memory' },
  ];
  const recording = { ...draw({ calls: [{ root: null, latencyNanos: 5 }], complete: false }), run: { notes } };
  const { missing, notes: all } = toldAnalysis([recording]);
  expect(missing).toEqual([
    'The recording is incomplete: the run ended before its file was closed.',
    'fetch has no seam in this version.',
    'graph/predict stopped: out of memory',
  ]);
  expect(all).toContain(said);
  expect(saysMissing({ kind: 'p99-too-few', variant: 'a', calls: 1, needed: 299 })).toBe(false);
});
