import { expect, test } from 'vitest';
import { reasonLine } from '../../src/model/errors.js';

// As tfjs-node throws them: TensorFlow's own words begin on the second line, or after a colon.
test.each([
  ['Invalid TF_Status: 3\nMessage: Incompatible shapes: [2] vs. [1,16]\n\t [[node add]]', 'Incompatible shapes: [2] vs. [1,16]'],
  [
    'Session fail to run with error: Could not parse example input, value: "text 1".\n\t [[{{node ParseExample}}]]',
    'Could not parse example input, value: "text 1"',
  ],
  ['Session fail to run with error: Invalid TF_Status: 3\nMessage: no such key', 'no such key'],
  ['The first line says it.\nThe rest does not.', 'The first line says it'],
])('%j is told as %j', (message, reason) => {
  expect(reasonLine(new Error(message))).toBe(reason);
});
