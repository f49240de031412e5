import type { FindingCode } from '../../rewind/findings/codes.ts';
import type { FindingValues } from '../../rewind/findings/values.ts';

/** A sentence or more for each of some codes. Names in it are raw text of the image: escape them for a terminal. */
export type FindingWords<Code extends FindingCode> = {
  readonly [Each in Code]: (values: FindingValues[Each]) => string;
};
