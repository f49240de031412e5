import type { Danger, Hazard } from '../load/hazard.ts';
import { type Length, stepReasonWords } from './reasons.ts';

const DOES: Readonly<Record<Danger['kind'], string>> = {
  panic: 'crash the machine',
  hang: 'never end, nor would any zpool command until the next boot',
};

/** `would crash the machine`, `may crash the machine`: follows what does it. */
export const dangerWords = ({ kind, certain }: Danger): string => `${certain ? 'would' : 'may'} ${DOES[kind]}`;

/** What trying an import would do to the machine, and why. */
export const hazardWords = (hazard: Hazard): string =>
  `importing this txg${hazard.after?.writes ? ' read-write' : ''} ${dangerWords(hazard)}: ${hazardCause(hazard)}`;

/** Why it would. */
export function hazardCause({ after, ...hazard }: Hazard, length: Length = 'full'): string {
  const cause = ownCause(hazard, length);
  return after === undefined
    ? cause
    : `txg ${after.first} fails, and the import goes on to txg ${after.at}, where ${cause}`;
}

function ownCause({ kind, meets, listing }: Hazard, length: Length): string {
  if (meets === 'freed-tables') {
    return 'it sums up cloned blocks in tables that were given free when the attempt before failed';
  }
  const panic = kind === 'panic';
  const why = panic
    ? `OpenZFS takes for granted that this cannot happen (${meets.step})`
    : `OpenZFS waits for what it holds itself (${meets.step})`;
  const also = listing
    ? `; a zpool import that only lists the pools gets as far and ${panic ? 'crashes' : 'hangs'} too`
    : '';
  return `${stepReasonWords(meets.reason, length)}; ${why}${also}`;
}
