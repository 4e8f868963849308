import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { claimFolder, dropEmptyRun } from '../../src/runs/own-folder.js';
import { newRunFolder } from '../../src/runs/run-folder.js';
import { writeFile, writeRunFile } from '../../src/runs/write-file.js';

const temporary = (): string => mkdtempSync(path.join(tmpdir(), 'own-folder-'));

describe('a folder belongs to one run', () => {
  test.skipIf(!existsSync('/proc/self'))(
    'one that the system will not make is refused at once [needs /proc, where Node.js tries for ever]',
    () => {
      expect(() => newRunFolder('/proc/inferscope/a', 'm')).toThrow(/^Cannot make the run folder \/proc\/inferscope\/a \(ENOENT/);
      expect(() => writeFile('/proc/inferscope/a.json', '')).toThrow(/^Cannot write \/proc\/inferscope\/a\.json \(ENOENT.*--out/);
    },
  );

  test('one that is empty or not there is taken', () => {
    const folder = temporary();
    expect(newRunFolder(folder, 'm')).toBe(folder);
    expect(existsSync(newRunFolder(path.join(folder, 'a/b'), 'm'))).toBe(true);
  });

  test('a second run is refused, with the two remedies, and changes nothing', () => {
    const folder = temporary();
    newRunFolder(folder, 'm');
    writeFileSync(path.join(folder, 'recordings/main.isr'), 'first');
    expect(() => newRunFolder(folder, 'm')).toThrow(
      expect.objectContaining({
        exitCode: 64,
        message: expect.stringMatching(/not empty.*--out, or replace that run with --overwrite/) as string,
      }),
    );
    expect(readFileSync(path.join(folder, 'recordings/main.isr'), 'utf8')).toBe('first');
  });

  test('--overwrite replaces a run whole', () => {
    const folder = temporary();
    mkdirSync(path.join(folder, 'recordings'));
    for (const name of ['recordings/old.isr', 'report.html', 'export-1.journal.jsonl']) writeFileSync(path.join(folder, name), 'old');
    newRunFolder(folder, 'm', 'overwrite');
    expect(readdirSync(folder).sort()).toEqual(['recordings']);
    expect(readdirSync(path.join(folder, 'recordings'))).toEqual([]);
  });

  test.each([
    ['a folder that is no run', ['notes.txt'], /holds notes\.txt, which no run wrote/],
    ["a run with someone's file in it", ['recordings/main.isr', 'thesis.tex'], /holds thesis\.tex, which no run wrote/],
  ])('--overwrite leaves %s alone', (_, names, message) => {
    const folder = temporary();
    if (names.length > 1) mkdirSync(path.join(folder, 'recordings'));
    for (const name of names) writeFileSync(path.join(folder, name), 'kept');
    const files = readdirSync(folder);
    expect(() => claimFolder(folder, 'overwrite')).toThrow(message);
    expect(readdirSync(folder)).toEqual(files);
  });

  test('a folder that nothing was written to goes away; one with anything stays', () => {
    const [empty, used] = [path.join(temporary(), 'empty'), path.join(temporary(), 'used')];
    newRunFolder(empty, 'm');
    newRunFolder(used, 'm');
    writeFileSync(path.join(used, 'recordings/main.isr'), 'x');
    dropEmptyRun(empty);
    dropEmptyRun(used);
    expect([existsSync(empty), existsSync(used)]).toEqual([false, true]);
  });
});

describe('files', () => {
  test('in a run a link is replaced, elsewhere a link that the user names is followed', () => {
    const folder = temporary();
    const target = path.join(folder, 'target');
    writeFileSync(target, 'private');
    symlinkSync(target, path.join(folder, 'report.html'));
    writeRunFile(path.join(folder, 'report.html'), 'page');
    expect([readFileSync(target, 'utf8'), readFileSync(path.join(folder, 'report.html'), 'utf8')]).toEqual(['private', 'page']);
    symlinkSync(target, path.join(folder, 'link'));
    writeFile(path.join(folder, 'link'), 'public');
    expect(readFileSync(target, 'utf8')).toBe('public');
  });

  test('a write that fails leaves what was there, and nothing beside it', () => {
    const folder = temporary();
    const file = path.join(folder, 'report.html');
    writeFile(file, 'whole');
    expect(() => writeFile(file, { length: 1 } as unknown as string)).toThrow(/Cannot write/);
    expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['whole', ['report.html']]);
  });
});
