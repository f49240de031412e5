import type { FindingCode } from '../../rewind/findings/codes.ts';
import type { FindingOf } from '../../rewind/findings/finding.ts';
import { AIM_WORDS } from './aims.ts';
import { DEVICE_WORDS } from './devices.ts';
import type { FindingWords } from './findingWords.ts';
import { FOREIGN_WORDS } from './foreign.ts';
import { LABEL_WORDS } from './labels.ts';
import { METADATA_WORDS } from './metadata.ts';
import { PLACE_WORDS } from './places.ts';
import { READ_WORDS } from './reads.ts';
import { RING_WORDS } from './rings.ts';
import { STATE_WORDS } from './states.ts';
import { TIMELINE_WORDS } from './timelines.ts';

const WORDS: FindingWords<FindingCode> = {
  ...RING_WORDS,
  ...LABEL_WORDS,
  ...STATE_WORDS,
  ...TIMELINE_WORDS,
  ...DEVICE_WORDS,
  ...READ_WORDS,
  ...AIM_WORDS,
  ...METADATA_WORDS,
  ...PLACE_WORDS,
  ...FOREIGN_WORDS,
};

/** Plain English. Names in it are raw text of the image: escape them before they reach a terminal. */
export function findingText<Code extends FindingCode>({ code, values }: FindingOf<Code>): string {
  const words: FindingWords<FindingCode>[Code] = WORDS[code];
  return words(values);
}
