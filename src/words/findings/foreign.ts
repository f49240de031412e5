import type { SignaturePlace, SignatureValues } from '../../rewind/findings/values/signatures.ts';
import type { FindingWords } from './findingWords.ts';
import { BLKID, SIGNATURE_WORDS } from './signatures.ts';

export const FOREIGN_WORDS: FindingWords<keyof SignatureValues> = {
  'foreign-signature': ({ path, kind, name, offset, vdev }) => {
    if (vdev === null) return `${path} carries ${name} (byte ${offset}) and shows nothing of ZFS.`;
    const { place, inside, wiped, makes } = vdev;
    const { boot, type, free, open } = SIGNATURE_WORDS[kind];
    const opening = open?.(makes) ?? null;
    // `wipefs` looks at the front and the end of what it is given, and counts from there.
    const wipe = wiped && !inside ? '; wipefs lists what is signed, and takes the signature off a copy' : '';
    const parts = [
      `${path} carries ${name} at byte ${offset}, ${placeText(place)}`,
      boot,
      type === null || place.at === 'around' ? '' : BLKID[type],
      `${free.charAt(0).toUpperCase()}${free.slice(1)} frees the device${wipe}.`,
      opening === null
        ? ''
        : `${inside ? 'The pool is got at through it' : 'If the pool is inside it, this one is older'}: ${opening}.`,
    ];
    return parts.filter((each) => each !== '').join(' ');
  },
  'container-not-opened': ({ path, kind, name, offset, part, makes }) => {
    const { word, open } = SIGNATURE_WORDS[kind];
    const where = part === null ? '' : `, in the part from byte ${part.start} of ${part.length} bytes`;
    return `${path}${where}: this is ${word} container (${name} at byte ${offset}): ${open?.(makes) ?? ''}.`;
  },
};

function placeText(place: SignaturePlace): string {
  switch (place.at) {
    case 'around':
      return `in front of the vdev, which begins at byte ${place.begin} and so lies inside.`;
    case 'before':
      return `in front of the vdev, which begins at byte ${place.begin}.`;
    case 'front':
      return place.sound ? 'in front of label 0, where ZFS keeps nothing.' : 'in front of label 0, which is damaged.';
    case 'label-0':
      return 'over label 0.';
    case 'behind':
      return `behind the vdev, which ends at byte ${place.end}.`;
    case 'inside':
      return 'inside the vdev.';
    case 'end-labels':
      return 'over labels 2 and 3 or behind them.';
    case 'end':
      return 'at the end, where labels 2 and 3 are not: the vdev may end before it.';
  }
}
