import type { GateOutcome, GateResult } from '../../../model/gate.js';

const LEVELS: Readonly<Record<GateOutcome, string>> = { pass: 'notice', regression: 'error', 'cannot-tell': 'warning' };

/** The gate as workflow commands (`::error title=…::…`), a line per variant: GitHub, Gitea and Forgejo show them. */
export const renderAnnotations = ({ model, checks }: GateResult): string =>
  checks.map(({ key, outcome, sentence }) => `::${LEVELS[outcome]} title=${property(`${model} ${key}`)}::${data(sentence)}\n`).join('');

const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
