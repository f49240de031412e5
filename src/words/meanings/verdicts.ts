import type { Verdict } from '../../load/predict.ts';
import type { FindingMeaning } from './findings.ts';

/** What a verdict says of a txg. */
export const VERDICT_MEANINGS: Readonly<Record<Verdict, FindingMeaning>> = {
  importable: {
    says: 'every step of the load passes, read-only and read-write, as far as it was looked at',
    todo: 'the newest of these costs least: use the lines that scan prints',
  },
  readonly: {
    says: 'the load passes read-only; a step that only a read-write import takes fails',
    todo: 'import it read-only and copy out what matters; do not write to it',
  },
  damaged: {
    says: 'all devices that matter are there, and something that the load needs does not read or makes no sense',
    todo: 'take an older txg; look for another copy of a device, which may have it whole',
  },
  incomplete: {
    says: 'devices are missing, and what the load needs may be on them',
    todo: 'give every device, or images of them, to one scan',
  },
  unverified: {
    says: 'it is not known: it was not looked at deep enough, the work was stopped, or a read failed where it may stand',
    todo: 'look deeper (--depth meta), or let a scan finish',
  },
};
