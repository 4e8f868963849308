import { expect, test } from 'vitest';
import { adviseOn } from '../../src/report/advice/advise.js';
import { drawAnalysis } from '../helpers/drawn-analysis.js';

const advised = (backend: string, path: string | null): readonly string[] => {
  const drawn = drawAnalysis({ 'program/predict': 'predict 10\n  kernel-execution 90' });
  return adviseOn(
    { ...drawn, environment: { ...drawn.environment, backend }, model: { ...drawn.model, path } },
    { tensorsLeft: new Map() },
  ).map(({ id }) => id);
};

test('a program that calculates in plain JavaScript is told so first; one that was profiled with an option is not', () => {
  expect(advised('cpu', null)[0]).toBe('native-backend');
  expect(advised('cpu', '/models/tiny')).not.toContain('native-backend');
  expect(advised('tensorflow', null)).not.toContain('native-backend');
});
