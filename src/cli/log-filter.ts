/**
 * The process of `holdBackNativeLog`: reads what was meant for standard error, and passes on what is no log line of TensorFlow. Where V8
 * ends us because its heap is full, it says so in one sentence, its argument, in place of V8's pages.
 */
import { appendFileSync, writeSync } from 'node:fs';
import { V8_HAS_NO_MEMORY } from '../model/full-heap.js';
import { END_OF_LOG, isNativeLogLine, V8_DIES } from './log-lines.js';

const MAX_HELD_BYTES = 1_000_000;
/** A line without its end is passed on after this: someone may be asking something. */
const HALF_LINE_MILLIS = 200;

let rest = Buffer.alloc(0);
let held = '';
let lastWords: string[] | undefined;
let pending: NodeJS.Timeout | undefined;
let end: { readonly file: string } | undefined;

function pass(bytes: Buffer): void {
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(2, bytes, at);
  } catch {
    // Nobody reads any more.
  }
}

function line(bytes: Buffer): void {
  const text = bytes.toString('utf8').trimEnd();
  const control = text.indexOf(END_OF_LOG);
  if (V8_DIES.test(text)) lastWords = [];
  lastWords?.push(text);
  if (control >= 0) {
    pass(Buffer.from(text.slice(0, control)));
    end = { file: text.slice(control + END_OF_LOG.length) };
  } else if (lastWords !== undefined) return;
  else if (!isNativeLogLine(text)) pass(bytes);
  else if (held.length < MAX_HELD_BYTES) held += `${text}\n`;
}

process.stdin.on('data', (chunk: Buffer) => {
  clearTimeout(pending);
  rest = Buffer.concat([rest, chunk]);
  for (let cut = rest.indexOf(10); cut >= 0; cut = rest.indexOf(10)) {
    line(rest.subarray(0, cut + 1));
    rest = rest.subarray(cut + 1);
  }
  pending = setTimeout(() => {
    pass(rest);
    rest = Buffer.alloc(0);
  }, HALF_LINE_MILLIS);
});

process.stdin.on('end', () => {
  clearTimeout(pending);
  if (rest.length > 0) line(rest);
  if (lastWords?.some((words) => V8_HAS_NO_MEMORY.test(words)) === true) {
    pass(Buffer.from(`${process.argv[2] ?? ''}\n`));
    return;
  }
  if (lastWords !== undefined) pass(Buffer.from(`${lastWords.join('\n')}\n`));
  if (held === '') return;
  // Whoever wrote to us ended without a word, perhaps in TensorFlow: then all of it may matter.
  if (end === undefined) pass(Buffer.from(held));
  else if (end.file !== '') {
    try {
      appendFileSync(end.file, held);
    } catch {
      // The run has its report; its log is no reason to fail.
    }
  }
});
