/**
 * Phrases that texts for people must not use again, with what to say instead. Comments may use them: only strings of the
 * sources count, and the whole of the documents.
 *
 * Usage: `node scripts/check-words.mjs [FILE…]`; without files, everything that is shipped or read.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

/** @type {[RegExp, string][]} */
const PHRASES = [
  [/(?:self|runs|time|shift) a call\b|\} a call\b(?! of)/, 'per call'],
  [/cannot be told\b/, 'inconclusive'],
  [/\bcannot tell\b/i, 'inconclusive'],
  [/no measurable distance/i, 'indistinguishable from X'],
  [/moves by itself/, "this machine's noise was not measured"],
  [/restless/, 'the machine is too noisy right now'],
  [/a thing with itself/, 'A/A comparisons showed a difference'],
  [/this is told because/, 'reported anyway: the difference exceeds 50 %'],
  [/slow spells/, 'discarded: the machine was slow'],
  [/machine's speed taken out/, 'after correcting for machine speed'],
  [/undisturbed call/, 'fastest typical call (5th percentile)'],
  [/p99 is not stated/, 'p99 needs at least 299 calls (60 measured)'],
  [/what only a traced call shows/, 'kernel details come from 3 traced calls of 23'],
  [/half a second a variant/i, '0.5 s per variant'],
  [/has padding tried/, '--traffic cannot be combined with --quick'],
  [/counts something else/, 'measures something other than time'],
  [/differs? (?:\w+ ){0,3}for sure/, 'changed significantly'],
  [/seams themselves/, 'instrumentation is installed in both'],
  [/this should not happen/i, 'an explanation and a remedy, or "internal error"'],
  [/(?:could|can) not be told\b/, 'inconclusive'],
  [/comes? to speed\b/, 'warms up'],
  [/makes? no sense\b/, 'is invalid'],
  [/trust certificate/i, 'how far the figures can be trusted'],
  [/[Ss]essions? (?:\d+ of|of the (?:baseline|check)|discarded)/, 'process'],
  [/\btold per\b/, 'per row, compared per row'],
  [/\bis told (?:by|because)\b/, 'is shown, is reported'],
  [/A\/A pairs?\b/, 'A/A control'],
  [/\b(?:uncompiled|compiled|graph|graph-xla) \((?:predict|execute|apply)/, 'graph/predict'],
  [/\b(?:spans|requests|traces|calls|bytes|frames|rows|samples|one|file|profile) an? (?:second|call|span|trace|line|side|variant|comparison|day|process)\b/, 'per second, per call'],
  [/\bat the (?:least|most)\b/, 'at least, at most'],
  [/\b(?:made|loaded|built) anew\b/, 'again, new'],
  [/\bto be had\b/, 'available'],
  [/\btold from\b/, 'distinguished'],
  [/\b(?:is|are) told\b(?! to)/, 'is reported'],
  [/\b(?:of|from) ours\b/, "Inferscope's own"],
  [/\bgoes? on (?:rising|growing)\b/, 'keeps rising'],
  [/\b(?:optimiz|normaliz|recogniz|summariz|synthesiz|initializ(?:e|ing)\b|behavior|labeled\b|canceled\b)/, 'British spelling'],
];

const under = (folder, ends) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .map((name) => path.join(folder, name))
        .filter((name) => ends.some((end) => name.endsWith(end)))
    : [];
const files =
  process.argv.length > 2
    ? process.argv.slice(2)
    : [...under('src', ['.ts']), ...under('docs', ['.md']).filter((name) => !name.includes('decisions')), 'README.md', 'CONTRIBUTING.md'];

/** Strings of a source, one a line; what other tools name (`optimizer`) is not ours to spell. */
const STRINGS = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`?/g;
const COMMENT = /^\s*(?:\/\/|\/?\*)/;
const theirs = /[Oo]ptimizers?_?\b|_optimize\w*|'summarization'/g;

function readerText(line, isSource) {
  if (!isSource) return line;
  return COMMENT.test(line) ? '' : (line.replace(/\s\/\/ .*$/, '').match(STRINGS) ?? []).join('\n');
}

/** @returns {string[]} one line a phrase: where it stands, and what to say */
export function findPhrases(file, text) {
  return text.split('\n').flatMap((line, index) => {
    const shown = readerText(line, /\.m?[jt]s$/.test(file)).replace(theirs, '');
    return PHRASES.flatMap(([phrase, say]) =>
      phrase.test(shown) ? [`${file}:${index + 1}: "${phrase.exec(shown)[0]}": say "${say}"`] : [],
    );
  });
}

/** Folders that leave sentences to the report. Longer strings than this are sentences; an error is said where it arises. */
const WITHOUT_SENTENCES = ['src/analyse/', 'src/measure/', 'src/runs/'];
const MAX_WORDS = 5;
/** The published figures are named where they are listed. A file without any sentence does not belong here. */
export const NAMES_FIGURES = ['src/measure/reproduce/questions.ts'];

/** @returns {string[]} one line a sentence in a source outside of an error: where it stands */
export function findSentences(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    if (ts.isThrowStatement(node) || (ts.isNewExpression(node) && /Error$/.test(node.expression.getText(source)))) return;
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
    const shown = isText ? node.getText(source).replace(/\$\{[^{}]*\}/g, 'x') : '';
    if (shown.split(/\s+/).filter((word) => /\w/.test(word)).length > MAX_WORDS) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      found.push(`${file}:${line + 1}: a sentence: give a finding, and say it in src/report/words/`);
    } else ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** @returns {string[]} sentences of a file of src/ that belong into the report */
export function sentencesBelow(file, text) {
  if (!WITHOUT_SENTENCES.some((folder) => file.startsWith(folder))) return [];
  const found = findSentences(file, text);
  if (!NAMES_FIGURES.includes(file)) return found;
  return found.length > 0 ? [] : [`${file}: has no sentence left: take it out of NAMES_FIGURES`];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return [...findPhrases(file, text), ...sentencesBelow(file, text)];
  });
  for (const line of found) console.error(line);
  process.exitCode = found.length > 0 ? 1 : 0;
}
