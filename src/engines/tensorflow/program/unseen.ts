/** Copies of tfjs that a program has loaded and whose calls cannot be seen. */
import { leftExternal } from '../../left-external.js';
import { shownFile } from '../../package-of.js';

/** A copy of tfjs whose classes cannot be reached. */
export type UnseenTensorFlow = { readonly file: string } &
  /**
   * `bundled`: inside a CommonJS file that does not export it; `module-bundle`: inside an ES module; `loader`: loaded by something
   * that shows us no source; `unknown`: not as we know it.
   */
  ({ readonly reason: 'bundled' | 'module-bundle' | 'loader' | 'unknown' } | { readonly reason: 'failed'; readonly message: string });

/** A file of TensorFlow.js itself. */
export const OWN_FILE = /@tensorflow[/\\]tfjs/;

/** Which copy it is, why its calls are not there, and what helps. */
export function unseenSentence(copy: UnseenTensorFlow): string {
  const whose = shownFile(copy.file);
  // A file of TensorFlow.js itself is not bundled: it is of a version with another build, such as the 1.7 inside of face-api.js.
  if (copy.reason === 'bundled' && OWN_FILE.test(copy.file)) return unknownSentence(whose);
  switch (copy.reason) {
    case 'bundled':
      return `${bundledSentence(whose)}, or export tf from it.`;
    case 'module-bundle':
      return `${bundledSentence(whose)}.`;
    case 'loader':
      return `Calls of the TensorFlow.js in ${whose} are not recorded, because it came past require: load @tensorflow/tfjs-node with require.`;
    case 'unknown':
      return unknownSentence(whose);
    case 'failed':
      return `Calls of the TensorFlow.js in ${whose} are not recorded, because it could not be instrumented (${copy.message}): run with --verbose, and report it.`;
  }
}

const bundledSentence = (whose: string): string =>
  `Calls of the TensorFlow.js that is bundled into ${whose} are not recorded: build it with ${leftExternal('@tensorflow/*')}`;

const unknownSentence = (whose: string): string =>
  `Calls of the TensorFlow.js in ${whose} are not recorded: Inferscope does not know this version; it knows 2.8 to 4.22. To see where its time goes, start node with --cpu-prof --cpu-prof-name=program.cpuprofile, then type npx inferscope view program.cpuprofile.`;
