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
  const lost = span(newest.candidate.uberblock.timestamp - sound.candidate.uberblock.timestamp);
  const which =
    firstSound === 1
      ? `The newest uberblock (txg ${newest.candidate.txg}) is sound`
      : `The newest ${firstSound} uberblocks in the rings (${firstSound === 2 ? '' : 'between '}txg ${oldest.candidate.txg} and ${newest.candidate.txg}) are sound`;
  const proven = sound.prediction.verdict !== 'unverified';
  const reads = `The next older uberblock, txg ${sound.candidate.txg}, is ${lost} older and reads${proven ? '' : ' as far as was checked'}.`;
  // Only when all was looked at: the first step that fails hides what else is not there.
  const shared = proven ? sharedBlock(taken.slice(0, firstSound)) : null;
  if (shared !== null) {
    return [
      {
        code: 'metadata-damaged',
        severity: 'error',
        message: `${which}, and all need one block that is damaged: ${shared}. ${reads} Likely cause: the block went bad after it was written, or was overwritten; a flush that was not done leaves different blocks unwritten in each txg.`,
        devices: [],
      },
    ];
  }
  const points = firstSound === 1 ? 'it points to' : 'they point to';
  return [
    {
      code: 'uberblock-ahead-of-metadata',
      severity: 'error',
      message: `${which}, but the metadata that ${points} is not on the disks. ${reads} Likely cause: a flush that was acknowledged and not done (disk cache, RAID card, hypervisor).`,
      devices: [],
    },
  ];
}

/** Txgs that have to fail at one block before that says something: two may share what the last flush left out. */
const ENOUGH_TXGS = 3;
const ADDRESSES = /block \(?((?:\d+:[0-9a-f]+(?:, )?)+)/;

/** Addresses of the block at which all of `failing` fail; null when they fail at different ones. */
function sharedBlock(failing: readonly Evidence['judged'][number][]): string | null {
  if (failing.length < ENOUGH_TXGS) return null;
  const blocks = new Set(failing.map(({ prediction }) => ADDRESSES.exec(prediction.reasons[0] ?? '')?.[1]));
  const [only] = blocks;
  return blocks.size === 1 && only !== undefined ? only : null;
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
      message: `The root block${reused.length === 1 ? '' : 's'} of ${count(reused.length, 'older uberblock')} ${reused.length === 1 ? 'was' : 'were'} overwritten by later writes, as happens to old txgs.`,
      devices: [],
    },
  ];
}
