import type { Advice } from '../../../model/analysis.js';

/** What advice comes to, whatever it says. */
export type Weighed = Pick<Advice, 'id' | 'saving' | 'verified'>;

/** A stage, or a kind of waste, below this share of a call is not worth advice. */
export const NOTABLE_SHARE = 0.1;

/** Nobody tried it: at most the share of a call that it takes can be saved. */
export const atMost = (share: number): Pick<Weighed, 'saving' | 'verified'> => ({
  saving: { share, interval: [0, share] },
  verified: false,
});

/** True as it is; how much it saves is not known. */
export const CERTAIN: Pick<Weighed, 'saving' | 'verified'> = { saving: null, verified: true };
export const UNCERTAIN: Pick<Weighed, 'saving' | 'verified'> = { saving: null, verified: false };
