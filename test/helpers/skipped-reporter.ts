import path from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** Ends the output with what was skipped and why: a test's name says what it needs, `skip(reason)` what was missing. */
export class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')].map((test) => ({ module, test })));
    // Of a file of which one test was asked for (`-t`), the others are nobody's concern.
    const said = skipped.flatMap(({ module, test }) => {
      const result = test.result();
      const reason = result.state === 'skipped' ? result.note : undefined;
      if (reason === undefined && !SAYS_WHAT_IT_NEEDS.test(test.fullName)) return [];
      return [`  ${path.relative('', module.moduleId)} > ${test.fullName}${reason === undefined ? '' : `: ${reason}`}`];
    });
    if (said.length > 0) console.log(['Skipped:', ...said].join('\n'));
  }
}

/** In the name of a test that is skipped on some machines. */
export const SAYS_WHAT_IT_NEEDS = /\[(?:needs|not on) [^\]]+\]/;
