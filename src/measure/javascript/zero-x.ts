import path from 'node:path';
import { EXIT, UserError, messageOf } from '../../model/errors.js';

/** 0x as far as it is used: it writes one HTML file and answers with its `file://` address. */
type ZeroX = (options: {
  readonly visualizeCpuProfile: string;
  readonly workingDir: string;
  readonly name: string;
  readonly title: string;
  readonly outputHtml: string;
}) => Promise<string>;

/** A variable, because the package has no types. */
const ZERO_X: string = '0x';

/**
 * Draws a `.cpuprofile` with 0x into its own HTML. 0x is loaded here and not before: it brings a bundler along.
 *
 * `outputHtml` is given because 0x ignores its `outputDir` for profiles. @throws UserError when 0x is missing or fails.
 */
export async function renderWithZeroX(profile: string, html: string, title: string): Promise<void> {
  try {
    const { default: zeroX } = (await import(ZERO_X)) as { readonly default: ZeroX };
    await zeroX({
      visualizeCpuProfile: path.resolve(profile),
      workingDir: process.cwd(),
      name: path.basename(html, '.html'),
      title,
      outputHtml: path.resolve(html),
    });
  } catch (thrown) {
    throw new UserError(`0x could not draw ${profile} (${messageOf(thrown)}); the profile itself opens in any V8 tool.`, EXIT.unavailable, {
      cause: thrown,
    });
  }
}
