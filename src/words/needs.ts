import type { NeedTrouble } from '../load/reason.ts';
import { briefErrorWords, errorWords } from './errors.ts';
import { MOS_WORDS } from './readings.ts';

/** What is wrong with something that was asked for: follows its name and a colon. */
export function needTroubleWords(trouble: NeedTrouble, length: 'full' | 'brief' = 'full'): string {
  switch (trouble.kind) {
    case 'error':
      return length === 'brief' ? briefErrorWords(trouble.error) : errorWords(trouble.error);
    case 'blocks-lost':
      return `${trouble.blocks} of its blocks cannot be read`;
    case 'mos-closed':
      return `${MOS_WORDS} does not open`;
    case 'encrypted':
      return 'it is encrypted, and names of files cannot be told without the key: ask for the dataset or snapshot without a path';
    case 'unknown-blocks':
      return 'it has blocks of a kind that is not known';
  }
}
