import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readRecording } from '../../src/record/reader.js';
import { RecordingWriter } from '../../src/record/writer.js';
import { META } from '../helpers/recordings.js';

const temporary = (): string => path.join(mkdtempSync(path.join(tmpdir(), 'inferscope-own-file-')), 'run.isr');

test('a recording is never written in the place of another process’s', () => {
  const file = temporary();
  const [first, second] = [new RecordingWriter(file, META, 'new'), new RecordingWriter(file, META, 'new')];
  first.end();
  second.end();
  expect(second.file).toBe(file.replace('.isr', '-2.isr'));
  expect(readRecording(file).complete).toBe(true);
});
