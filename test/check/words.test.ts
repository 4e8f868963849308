import { expect, test } from 'vitest';
// @ts-expect-error a plain script without types
import { findPhrases } from '../../scripts/check-words.mjs';

const find = findPhrases as (file: string, text: string) => string[];

test('a phrase in a string is caught, with the line and what to say', () => {
  expect(find('src/a.ts', "const a = 1;\nconst b = 'We cannot tell.';\n")).toEqual(['src/a.ts:2: "cannot tell": say "inconclusive"']);
  expect(find('src/a.ts', 'say(`${nanos} a call`);')).toEqual(['src/a.ts:1: "} a call": say "per call"']);
  expect(find('src/a.ts', 'const text = `uncompiled (predict) of a template that goes on')).toHaveLength(1);
});

test('comments, names in code and identifiers of other tools are left alone', () => {
  expect(find('src/a.ts', "// what we cannot tell\n * an undisturbed call\nconst behavior = load('meta_optimizer'); // restless")).toEqual(
    [],
  );
});

test('in a document the whole text counts', () => {
  expect(find('docs/a.md', 'The A/A pair ran.\n\nA share of a call is fine.')).toEqual(['docs/a.md:1: "A/A pair": say "A/A control"']);
});
