import { expect, test } from 'vitest';
// @ts-expect-error a plain script without types
import { findPhrases, findSentences, sentencesBelow } from '../../scripts/check-words.mjs';

const find = findPhrases as (file: string, text: string) => string[];

test('a phrase in a string is caught, with the line and what to say', () => {
  expect(find('src/a.ts', "const a = 1;\nconst b = 'We cannot tell.';\n")).toEqual(['src/a.ts:2: "cannot tell": say "inconclusive"']);
  expect(find('src/a.ts', 'say(`${nanos} a call`);')).toEqual(['src/a.ts:1: "} a call": say "per call"']);
  expect(find('src/a.ts', 'const text = `uncompiled (predict) of a template that goes on')).toHaveLength(1);
});

test('a gate measures processes, and a machine has no words of its own', () => {
  expect(find('src/a.ts', "'Session 1 of at most 20'")).toEqual(['src/a.ts:1: "Session 1 of": say "process"']);
  expect(find('docs/a.md', 'It comes to speed.\nIt could not be told.\nThe TensorFlow session is warm.')).toEqual([
    'docs/a.md:1: "comes to speed": say "warms up"',
    'docs/a.md:2: "could not be told": say "inconclusive"',
  ]);
});

test('comments, names in code and identifiers of other tools are left alone', () => {
  expect(find('src/a.ts', "// what we cannot tell\n * an undisturbed call\nconst behavior = load('meta_optimizer'); // restless")).toEqual(
    [],
  );
});

test('in a document the whole text counts', () => {
  expect(find('docs/a.md', 'The A/A pair ran.\n\nA share of a call is fine.')).toEqual(['docs/a.md:1: "A/A pair": say "A/A control"']);
});

test('a sentence below the report is caught, an error is not', () => {
  const sentences = findSentences as (file: string, text: string) => string[];
  const say = 'a sentence: give a finding, and say it in src/report/words/';
  expect(sentences('src/analyse/a.ts', 'const a = 1;\nnote(`${key}: p99 needs at least ${needed} calls`);')).toEqual([
    `src/analyse/a.ts:2: ${say}`,
  ]);
  expect(sentences('src/analyse/a.ts', "const a = 'the verdict is withheld for now';")).toHaveLength(1);
  expect(sentences('src/analyse/a.ts', "throw new UserError('There is nothing to analyse: no recording was given.');")).toEqual([]);
  expect(sentences('src/runs/a.ts', 'throw wrong(`is not complete, as a file of ours would be`);')).toEqual([]);
  expect(sentences('src/analyse/a.ts', "// what we say here is for developers only\nconst a = 'p99-too-few';")).toEqual([]);
});

test('measuring and run folders leave sentences to the report as well; a list of exceptions holds no file without one', () => {
  const below = sentencesBelow as (file: string, text: string) => string[];
  const sentence = "const why = 'the outputs are too large to compare';";
  expect(['src/measure/pairs/a.ts', 'src/runs/a.ts', 'src/report/a.ts'].map((file) => below(file, sentence).length)).toEqual([1, 1, 0]);
  const names = 'src/measure/reproduce/questions.ts';
  expect(below(names, sentence)).toEqual([]);
  expect(below(names, 'const none = 1;')).toEqual([`${names}: has no sentence left: take it out of NAMES_FIGURES`]);
});
