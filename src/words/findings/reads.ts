import type { ReadValues } from '../../rewind/findings/values/reads.ts';
import { list, size } from '../amounts.ts';
import type { FindingWords } from './findingWords.ts';

const COPY = 'Copy it whole to a sound disk (ddrescue), and scan and import the copy';

export const READ_WORDS: FindingWords<keyof ReadValues> = {
  'device-vanished': ({ device, error, offset, known, txg }) => {
    const open =
      txg === null
        ? ''
        : ` Txg ${txg} and what is older is therefore not judged, and no txg is recommended in its place`;
    if (!known) {
      return `${device} stopped answering (${error}) before it was known whose it is. It may be a device that this pool lacks.${open === '' ? '' : `${open}.`} Look at its cable, port and power. ${COPY}.`;
    }
    const where = offset === null ? '' : ` at byte ${offset}`;
    const left =
      open === ''
        ? ' The others supply all that was looked at.'
        : `${open}: an older one may look best only because the newer ones are on this device.`;
    return `${device} stopped answering while it was read (${error}${where}).${left} Look at its cable, port and power. ${COPY}.`;
  },
  'read-failed': (values) => `${values.device}: ${rangesText(values)} could not be read. ${outcomeText(values)}`,
  'never-read': (values) => `${values.device}: ${rangesText(values)} is not in the image. ${missingText(values)}`,
  'not-in-bundle': (values) => {
    const { device, txg } = values;
    const open = txg === null ? 'What is judged here does without' : `Txg ${txg} is not judged for it`;
    return `${device}: ${rangesText(values)} is not to be had of the bundle. ${open}. Nothing is known of what the device has there: scan the device itself, or make the bundle anew.`;
  },
  'better-after-copy': ({ devices, best, txg, readOnly }) => {
    const [these, them] = devices.length === 1 ? ['the device', 'it'] : ['these devices', 'them'];
    const now = best === null ? 'nothing imports' : `txg ${best} is the best`;
    return `A label of ${list(devices)} cannot be read, for which zpool import passes ${these} over; so ${now}. After a copy of ${them} to a sound disk (ddrescue writes zeros where it recovers nothing) txg ${txg} ${readOnly ? 'imports read-only' : 'imports'} and is the best: import from the copy, with the original unplugged.`;
  },
};

type Failed = ReadValues['read-failed'];
type Ranges = Pick<Failed, 'ranges' | 'omitted'>;

const COMPLETE =
  'Give what it lacks (a parent, a segment, a further run of ddrescue, an undamaged copy of the image) and scan again';

function missingText({ outcome }: Failed): string {
  if (outcome.kind === 'open') return `Txg ${outcome.txg} is not judged for it. ${COMPLETE}.`;
  if (outcome.kind !== 'fails') {
    return outcome.kind === 'label'
      ? `A label is among it. ${COMPLETE}.`
      : `What is judged here does without. ${COMPLETE} before anything is written.`;
  }
  const { txg, older, readOnly } = outcome;
  const which = older === 0 ? `Txg ${txg} fails` : `Txg ${txg} and ${older} older fail`;
  return `${readOnly ? `Txg ${txg} imports only read-only` : which} for nothing but that: what stands there on the disk may be whole. ${COMPLETE}.`;
}

function rangesText({ ranges, omitted }: Ranges): string {
  const bytes = ranges.reduce((sum, { length }) => sum + BigInt(length), 0n);
  const places = ranges.map(({ offset, length, error }) => `${size(BigInt(length))} at byte ${offset} (${error})`);
  const more = omitted > 0 ? ` or more, ${omitted} places not listed` : '';
  return ranges.length === 1 && more === '' ? (places[0] ?? '') : `${size(bytes)}${more} in all, ${list(places, 4)},`;
}

function outcomeText({ outcome }: Failed): string {
  if (outcome.kind !== 'fails') {
    return outcome.kind === 'label'
      ? `A label is among it, for which zpool import passes the device over. ${COPY}.`
      : `What is judged here does without. ${COPY} before anything is written.`;
  }
  const { txg, older, readOnly, best } = outcome;
  const which = older === 0 ? `Txg ${txg} fails` : `Txg ${txg} and ${older} older fail`;
  const worst = best === null ? 'nothing better is known than what is said here' : `txg ${best} stays the best`;
  const then = readOnly ? 'that txg should import whole' : `${older === 0 ? 'it' : 'they'} should import`;
  return `${readOnly ? `Txg ${txg} imports only read-only` : which} for nothing but that: what stands there may be whole, and nothing says that it was not written. ${COPY}: if it recovers these places, ${then}; where the copy has zeros instead, ${worst}.`;
}
