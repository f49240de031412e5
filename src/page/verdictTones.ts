import type { Verdict } from '../load/predict.ts';
import type { Said } from '../text/outlook.ts';

/** How grave something is: a class of the style sheet. */
export type Tone = Said['tone'] | 'note';

export const VERDICT_TONES: Readonly<Record<Verdict, Tone>> = {
  importable: 'good',
  readonly: 'warn',
  damaged: 'bad',
  incomplete: 'bad',
  unverified: 'note',
};
