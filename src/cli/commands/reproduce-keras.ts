import path from 'node:path';
import { reproduceInKeras, withoutRecordings } from '../../measure/reproduce/reproduce-keras.js';
import type { ExistingFolder } from '../../runs/own-folder.js';
import { EXIT } from '../../model/errors.js';
import type { Experiment } from '../../model/claim.js';
import { onInterrupt } from '../interrupt.js';
import { progressLine } from '../progress-line.js';
import type { CommonArguments, Terminal } from '../terminal.js';

/** `reproduce --runtime keras`: the experiments where they were made, in Python. */
export interface ReproduceKerasArguments extends CommonArguments {
  readonly experiments: readonly Experiment[];
  readonly python: readonly string[] | undefined;
  readonly out: string | undefined;
  readonly existing: ExistingFolder;
  readonly quick: boolean;
}

/** Repeats the experiments in each Python and prints them beside the published figures. */
export async function reproduceKerasCommand(
  { experiments, python, out, existing, quick, json }: ReproduceKerasArguments,
  terminal: Terminal,
): Promise<number> {
  const interrupt = onInterrupt(terminal.remark);
  const line = progressLine(json, terminal.remark);
  try {
    const { reproductions, folder, markdown, notes, interrupted } = await reproduceInKeras({
      experiments,
      signal: interrupt.signal,
      quick,
      existing,
      onProgress: (what, progress) => line.show(progress, what),
      ...(python === undefined ? {} : { pythons: python }),
      ...(out === undefined ? {} : { out }),
    });
    line.stop();
    terminal.say(markdown);
    for (const note of notes) terminal.remark(note);
    terminal.say(`Reports, claims and tables: ${path.resolve(folder)}`);
    terminal.data({ reproductions: reproductions.map(withoutRecordings), folder });
    return interrupted ? EXIT.interrupted : EXIT.ok;
  } finally {
    line.stop();
    interrupt.done();
  }
}
