import type { LogHealth } from '../../pool/logHealth.ts';
import type { DeviceValues, TreeChange } from '../../rewind/findings/values/devices.ts';
import type { NamedVdev } from '../../rewind/findings/values/named.ts';
import { count, list, size, span, time } from '../amounts.ts';
import { otherDevicesText } from '../choices.ts';
import { MOS_WORDS } from '../readings.ts';
import type { FindingWords } from './findingWords.ts';

export const DEVICE_WORDS: FindingWords<keyof DeviceValues> = {
  'device-missing': missingText,
  'log-missing': (values) => {
    if (values.kind === 'top-level') {
      return `${topText(values.id)}. No root block lies on it, so it is most likely a log device; import with -m does without, and what was written synchronously in the last seconds is lost.${guidText(values.guid)}`;
    }
    const { leaves, vdev, health } = values;
    const which = leaves.length === 1 ? 'Log device' : 'Log devices';
    return `${which} missing: ${leavesText(leaves)}${vdev === null ? '' : `, of ${vdev}`}. ${LOG_LESS[health]}`;
  },
  'top-level-unknown': ({ id }) =>
    `Nothing stands at top-level vdev ${id}. The pool has had devices removed, and this may be the place of one; if not, its devices are missing.`,
  'device-truncated': ({ device, size: bytes, needed, short, spared }) => {
    const without = spared ? 'Redundancy does without it.' : 'The pool does not import like this.';
    return `${device} is too short: it has ${size(bytes)}, the vdev needs at least ${size(needed)}. ${size(short)} or more are missing at the end, and OpenZFS does not open it. ${without}`;
  },
  'former-member': ({ device, txgZero }) =>
    txgZero
      ? `The labels of ${device} have txg 0: it was detached, replaced or removed, or was just being added. zpool import passes it over, and it was not used.`
      : `${device} carries labels of this pool but is no longer part of it: detached, replaced or removed. It was not used.`,
  'device-by-ring': ({ device }) =>
    `${device} has no label that decodes; its uberblocks show that it belongs to this pool. OpenZFS does not use it as it is.`,
  'spare-device': ({ device }) => `${device} is a hot spare of this pool, by the guid sum of its ring.`,
  'cache-device': ({ device }) => `${device} is a cache device of this pool, by the guid sum of its ring.`,
  'duplicate-device': ({ device, twin, older, parted, only }) => {
    if (twin === null) return `${device} says it is the same device as another source.`;
    const age =
      older === null
        ? `is a second copy of ${twin}`
        : `is an older copy of ${twin}: it stops at txg ${older.stopped}, the other goes on to txg ${older.twin}`;
    const apart = parted ? ', and each went on without the other' : '';
    const kept = only.length === 0 ? '' : ` Only it has txg ${list(only)}: the commands for those give it alone.`;
    return `${device} ${age}${apart}. ${twin} was used, and the commands give that one alone: of two, zpool import takes the one that it comes to first, so keep the copy out of its sight.${kept}`;
  },
  'detached-device': ({ device, left, leads }) => {
    const when = left === null ? '0' : `${left.txg} (${time(left.time)})`;
    const where = leads
      ? ', and leads to a state that imports once zhack label repair -u has given the txg back, on a copy.'
      : '; what it leads to does not import from these devices, with its labels repaired either.';
    return `${device} was detached, replaced or removed at txg ${when}, or was just being added: its labels have txg 0, and zpool import passes it over. An uberblock of that txg is left in it${where}`;
  },
  'offline-leg': (values) => `Nothing imports with all devices; ${otherDevicesText(values)}.`,
  'guid-sum-mismatch': ({ expected, found, difference, explained }) =>
    `The guids of the devices known here do not add up to what the newest uberblock says (${expected}, found ${found}, difference ${difference}). ${explainedText(explained)}`,
};

const LOG_LESS: Record<LogHealth, string> = {
  there: 'Its mirror is there.',
  closed: 'It is closed by its own state, for which an import needs no -m.',
  missing: 'Import with -m does without; what was written synchronously in the last seconds is lost.',
};

function missingText(values: DeviceValues['device-missing']): string {
  switch (values.kind) {
    case 'newest': {
      const { leaves, vdev, until, newest, seconds, stopped } = values;
      const [they, them] = leaves.length === 1 ? ['it', 'it'] : ['they', 'them'];
      const when = seconds === null ? '' : `, ${span(seconds)} before the newest uberblock (txg ${newest})`;
      const here = list(stopped.map((each) => `${each.vdev} stopped at txg ${each.txg}`));
      return `${devicesText(leaves)}, of ${vdev}. Only ${they} can have what was written to ${vdev} after txg ${until}${when}: ${here}. Find ${them} before anything is rewound.`;
    }
    case 'leaves': {
      const { leaves, vdev, lost, spare, later } = values;
      const [they, were] = leaves.length === 1 ? ['it', 'was'] : ['they', 'were'];
      const unknown = later ? `; whether ${they} ${were} written later than what is here, only ${they} can tell` : '';
      const without = lost
        ? `It can do without ${spare}: the pool does not import until enough are back.`
        : `Redundancy does without ${leaves.length === 1 ? 'it' : 'them'}${unknown}.`;
      return `${devicesText(leaves)}, of ${vdev}. ${without}`;
    }
    case 'top-level-leaf':
      return `Device missing: ${leavesText([values.leaf])}. It is top-level vdev ${values.id ?? '?'} by itself: nothing replaces it.`;
    case 'top-level':
      return values.held === 'data'
        ? `${topText(values.id)}, and metadata of the pool lies on it. Nothing replaces a top-level vdev: find its devices.${guidText(values.guid)}`
        : `${topText(values.id)}. Whether it held data or was a log device is not known.${guidText(values.guid)}`;
  }
}

const topText = (id: number): string => `Top-level vdev ${id} is missing: none of its devices was given`;
const guidText = (guid: bigint | null): string =>
  guid === null ? '' : ` If it is a single disk, its guid is ${guid}.`;

const devicesText = (leaves: readonly NamedVdev[]): string =>
  `${leaves.length === 1 ? 'Device' : count(leaves.length, 'device')} missing: ${leavesText(leaves)}`;

const leavesText = (leaves: readonly NamedVdev[]): string =>
  list(leaves.map(({ type, path, guid }) => `${type} ${path ?? 'without path'} (guid ${guid})`));

function explainedText(explained: DeviceValues['guid-sum-mismatch']['explained']): string {
  switch (explained.by) {
    case 'mos': {
      const names = explained.vdevs.map(
        ({ role, path, type, guid }) => `${role === 'normal' ? '' : `${role} `}${path ?? type} (guid ${guid})`,
      );
      return `That is ${list(names)}, known from ${MOS_WORDS}.`;
    }
    case 'changes':
      return `That is the tree of the labels ${explained.changes.map(changeText).join(' and ')}.`;
    case 'missing':
      return `The missing top-level vdev ${list(explained.ids.map((id) => id ?? '?'))} may explain it.`;
    case 'older-labels':
      return 'The labels describe another tree than the uberblock: one of them is older.';
  }
}

function changeText({ there, vdev: { type, path, guid, log }, children }: TreeChange): string {
  const below = children === null ? '' : ` with its ${children} children`;
  return `${there ? 'with' : 'without'} ${log ? 'log ' : ''}${path ?? type} (guid ${guid})${below}`;
}
