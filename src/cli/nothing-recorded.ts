import path from 'node:path';
import { outsideProcesses } from '../analyse/findings/outside.js';
import type { OutsideKernel } from '../model/outside-operations.js';
import { outsideWords } from '../report/words/notes.js';
import { quoted } from '../model/quoted.js';

const NOTHING_SEEN =
  'No report: no model call was seen. Likely reasons: the program made none, it ended before its first, or the model runs where Inferscope has no access (a bundle, a browser, WebAssembly, a process started earlier or by a shell that replaces NODE_OPTIONS).';

/**
 * Why there is no report of a program of which no call was seen; `outside` are the operations that it ran all the same,
 * `inferscope` how this command is typed.
 */
export function nothingRecorded(outside: readonly OutsideKernel[], program: readonly string[], inferscope: string): string {
  if (outside.length === 0) return NOTHING_SEEN;
  return (
    `No report: the program ran ${outsideWords(outsideProcesses(outside))}, none of them in a model call (predict, execute and so on): it trains, or calls operations directly. ` +
    `To see where its time goes, ${profiled(program, inferscope)}; compileToGraph(tf, f) makes a model of a function f, whose calls are recorded.`
  );
}

const PROFILE = 'operations.cpuprofile';

/** The commands that profile a program's JavaScript, in which operations are frames. */
function profiled([command = '', ...rest]: readonly string[], inferscope: string): string {
  const view = `then ${inferscope} view ${PROFILE}`;
  if (!/^node(?:\.exe)?$/.test(path.basename(command))) return `start its node with --cpu-prof --cpu-prof-name=${PROFILE}, ${view}`;
  return `type ${[command, '--cpu-prof', `--cpu-prof-name=${PROFILE}`, ...rest].map(quoted).join(' ')}, ${view}`;
}
