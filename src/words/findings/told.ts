import type { Told } from '../../rewind/findings/told.ts';
import { dangerWords, hazardCause } from '../hazards.ts';

/** The message of the finding that a plain import comes to harm. */
export const toldWords = ({ hazard, writes }: Told): string =>
  `A plain zpool import${writes ? ' that may write' : ''}, with -F and without, ${dangerWords(hazard)}: ${hazardCause(hazard)}. Import nothing but the txg recommended, and read-only.`;
