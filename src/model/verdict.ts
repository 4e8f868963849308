export const VERDICTS = ['faster', 'slower', 'no-difference', 'cannot-tell'] as const;

export type Verdict = (typeof VERDICTS)[number];
