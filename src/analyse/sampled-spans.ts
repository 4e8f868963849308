import type { ScriptSpan, ScriptVariant, SpanStep } from '../model/script.js';

/** What was sampled in each span, by {@link stepKey} of its steps. */
export type SpansByPath = ReadonlyMap<string, ScriptSpan>;

export const sampledSpans = ({ spans }: ScriptVariant): SpansByPath => new Map(spans.map((span) => [span.path.map(stepKey).join(''), span]));

export const stepKey = ({ name, kind, stage }: SpanStep): string => `${kind}\u0000${stage}\u0000${name}\u0001`;

/** Kernels and transfers are native: what is below them is their own name again. */
export const holdsScripts = ({ kind }: Pick<SpanStep, 'kind'>): boolean => kind !== 'kernel' && kind !== 'transfer';
