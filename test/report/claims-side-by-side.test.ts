import { expect, test } from 'vitest';
import { type Measurement, type Question, type Reproduction } from '../../src/model/claim.js';
import { judgeClaim } from '../../src/report/words/claims.js';
import { renderClaimsSideBySide } from '../../src/report/studies/reproduction/side-by-side.js';

const RATIO: Question = {
  id: 'tiny-compiled',
  experiment: 'tiny',
  what: 'compiled ÷ uncompiled',
  unit: 'ratio',
  published: 30.1,
  source: 'published',
};
const COUNT: Question = { id: 'retrace', experiment: 'retracing', what: 'graphs built', unit: 'count', published: 1, source: 'repeated' };

const reproduction = (ratio: Measurement, count: Measurement): Reproduction => ({
  runtime: 'keras',
  machine: [['TensorFlow', 'x']],
  claims: [judgeClaim(RATIO, ratio), judgeClaim(COUNT, count)],
  notes: ['tiny: slow'],
});

test('published figure, then each environment with interval and verdict; gaps are told with their reason', () => {
  const text = renderClaimsSideBySide([
    {
      heading: 'old',
      reproduction: reproduction({ kind: 'figure', value: 29, interval: [25, 35] }, { kind: 'figure', value: 1, interval: [1, 1] }),
    },
    {
      heading: 'new',
      reproduction: reproduction({ kind: 'figure', value: 1, interval: [0.95, 1.05] }, { kind: 'none', reason: 'it hung' }),
    },
  ]);
  expect(text).toBe(`## tiny

| figure                | published |                      old | verdict    |                       new | verdict            |
|-----------------------|----------:|-------------------------:|------------|--------------------------:|--------------------|
| compiled ÷ uncompiled |    30.1 × | 29.0 × (25.0 × – 35.0 ×) | holds here | 1.00 × (0.950 × – 1.05 ×) | does not hold here |

## retracing

| figure       |    published | old | verdict    | new | verdict      |
|--------------|-------------:|----:|------------|----:|--------------|
| graphs built | 1 (repeated) |   1 | holds here |   – | not measured |

## Machines

- old: TensorFlow x.
- new: TensorFlow x.

## Notes

- old: tiny: slow
- new: tiny: slow
- new: retrace: it hung.`);
});
