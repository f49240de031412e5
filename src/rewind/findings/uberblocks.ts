import { count, type Evidence, type Finding, span } from './finding.ts';

/** Steps that fail without any metadata being wrong. */
const BEFORE_METADATA = ['', 'spa_ld_open_vdevs', 'spa_ld_select_uberblock'];
const meansMetadata = (step: string | null): boolean => !BEFORE_METADATA.includes(step ?? '');

/**
 * The newest uberblocks are whole and what they point to is not there: the disk said that a flush was done, and it was
 * not. Told from old damage by this: an older root block reads, and the newest were written last.
 */
export function aheadOfMetadata({ judged }: Evidence): Finding[] {
  const taken = judged.filter(({ candidate }) => candidate.taken);
  const firstSound = taken.findIndex(({ prediction }) => prediction.verdict !== 'damaged');
  const [newest, oldest, sound] = [taken[0], taken[firstSound - 1], taken[firstSound]];
  if (newest === undefined || oldest === undefined || sound === undefined || sound.root.state !== 'reads') return [];
  if (!taken.slice(0, firstSound).every(({ prediction }) => meansMetadata(prediction.failsAt))) return [];
  const lost = newest.candidate.uberblock.timestamp - sound.candidate.uberblock.timestamp;
  const which =
    firstSound === 1
      ? `The newest uberblock (txg ${newest.candidate.txg}) is sound, but the metadata that it points to is not on the disks`
      : `The newest ${firstSound} uberblocks (txg ${oldest.candidate.txg} to ${newest.candidate.txg}) are sound, but the metadata that they point to is not on the disks`;
  return [
    {
      code: 'uberblock-ahead-of-metadata',
      severity: 'error',
      message: `${which}. The newest for which what was checked reads is txg ${sound.candidate.txg}, ${span(lost)} older. Likely cause: a flush that was acknowledged and not done (disk cache, RAID card, hypervisor).`,
      devices: [],
    },
  ];
}

/** How many candidates of the pool have no root block any more although they are not the newest: nothing to worry about. */
export function reusedRoots({ judged }: Evidence): Finding[] {
  const firstSound = judged.findIndex(({ root }) => root.state === 'reads');
  if (firstSound < 0) return [];
  const reused = judged.slice(firstSound).filter(({ root }) => root.state === 'destroyed');
  if (reused.length === 0) return [];
  return [
    {
      code: 'old-roots-overwritten',
      severity: 'info',
      message: `The root blocks of ${count(reused.length, 'older uberblock')} were overwritten by later writes, as happens to old txgs.`,
      devices: [],
    },
  ];
}
