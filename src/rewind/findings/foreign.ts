import { pathWord } from '../../bytes/shellWord.ts';
import { LABEL_SIZE } from '../../format/label.layout.ts';
import type { DeviceSignatures, DeviceSurvey, LabelSurvey } from '../../pool/survey.ts';
import type { PlacedSignature } from '../../source/foreign.ts';
import type { Evidence, Finding } from './finding.ts';
import { BLKID, FOREIGN_WORDS } from './foreignWords.ts';

/** In front of the first label's content: what stands there harms nothing of ZFS. */
const BLANK = 8192;

/** What arrays, volumes, containers and file systems have signed of the devices of a pool, and what they do to it. */
export function foreignSignatures({ pool }: Evidence): Finding[] {
  return pool.devices.flatMap((device) =>
    (device.signed?.found ?? []).map((found): Finding => {
      const { signed } = device;
      const message = signed === null ? '' : messageOf(device, signed, found);
      return { code: 'foreign-signature', severity: 'warning', message, devices: [device] };
    }),
  );
}

/**
 * What devices are that show nothing of ZFS: a container with the line that opens it, or a file system.
 *
 * @param devices that belong to no pool
 */
export function unopenedContainers(devices: readonly DeviceSurvey[]): Finding[] {
  return devices.flatMap((device) => {
    const { signed, labels } = device;
    if (signed === null || labels.some(isOfZfs)) return [];
    // A partition is told of by itself.
    const own = signed.found.filter(({ holder }) => holder.start === signed.start);
    return own.map((found): Finding => {
      const { open, word, line, takes = 'file' } = FOREIGN_WORDS[found.kind];
      if (open === null) {
        const message = `${signed.path} carries ${found.name} (byte ${found.offset}) and shows nothing of ZFS.`;
        return { code: 'foreign-signature', severity: 'info', message, devices: [device] };
      }
      const command = line?.(deviceOf(signed, takes)) ?? '';
      const part = signed.part ? `, in the part from byte ${signed.start} of ${signed.length} bytes` : '';
      const message = `${signed.path}${part}: this is ${word} container (${found.name} at byte ${found.offset}): ${open(command)}.`;
      const steps = command === '' ? [] : [{ kind: 'open-container' as const, line: command }];
      return { code: 'container-not-opened', severity: 'warning', message, devices: [device], steps };
    });
  });
}

const isOfZfs = ({ status, ring }: LabelSurvey): boolean =>
  status === 'ok' || status === 'malformed' || (ring?.slots.some(({ uberblock }) => uberblock !== null) ?? false);

function messageOf(device: DeviceSurvey, signed: DeviceSignatures, found: PlacedSignature): string {
  const { kind, name, offset, holder } = found;
  const { boot, type, free, open, line, takes = 'file' } = FOREIGN_WORDS[kind];
  const { start, length } = holder;
  const part = start > 0 || (signed.part && signed.start === 0);
  const around = isAround(signed, found);
  const inside = around || (open !== null && lacksLast(device, signed, found));
  const opening = open?.(line?.(deviceOf({ ...signed, start, length, part }, takes)) ?? '') ?? null;
  // `wipefs` looks at the front and the end of what it is given, and counts from there.
  const wipe = `\`wipefs -n ${deviceOf({ ...signed, start, length, part }, 'file')}\` lists what is signed, and on a copy \`wipefs -o ${offset - start} ${part ? 'PART-OF-COPY' : 'COPY'}\` takes this one away.`;
  return [
    `${signed.path} carries ${name} at byte ${offset}, ${whereOf(device, signed, found)}`,
    boot,
    type === null || around ? '' : BLKID[type],
    `\`${free}\` frees the device${inside ? '.' : `; ${wipe}`}`,
    opening === null
      ? ''
      : `${inside ? 'The pool is got at through it' : 'If the pool is inside it, this one is older'}: ${opening}.`,
  ]
    .filter((each) => each !== '')
    .join(' ');
}

/** The labels of the end are not where this device has them, and something has signed that end. */
const lacksLast = (
  { labels, source }: DeviceSurvey,
  { start }: DeviceSignatures,
  { offset }: PlacedSignature,
): boolean =>
  offset >= start + source.size - 2 * LABEL_SIZE && !labels.some(({ index, status }) => index >= 2 && status === 'ok');

/** How the signature lies to the vdev. */
function whereOf(device: DeviceSurvey, signed: DeviceSignatures, found: PlacedSignature): string {
  const { start } = signed;
  const { offset } = found;
  if (isAround(signed, found)) return `in front of the vdev, which begins at byte ${start} and so lies inside.`;
  if (offset < start) return `in front of the vdev, which begins at byte ${start}.`;
  if (offset < start + BLANK) {
    const sound = device.labels.some(({ index, status }) => index === 0 && status === 'ok');
    return sound ? 'in front of label 0, where ZFS keeps nothing.' : 'in front of label 0, which is damaged.';
  }
  if (offset < start + LABEL_SIZE) return 'over label 0.';
  const end = start + device.source.size;
  if (offset >= end) return `behind the vdev, which ends at byte ${end}.`;
  if (offset < end - 2 * LABEL_SIZE) return 'inside the vdev.';
  if (!lacksLast(device, signed, found)) return 'over labels 2 and 3 or behind them.';
  return 'at the end, where labels 2 and 3 are not: the vdev may end before it.';
}

/** Whether the vdev is what the signature's own kind keeps behind it. */
export const isAround = ({ start }: DeviceSignatures, { kind, offset, holder }: PlacedSignature): boolean =>
  FOREIGN_WORDS[kind].open !== null && holder.start < start && offset < start;

/** The device as a word of a shell. A part is shown first, and an image where only a block device will do. */
function deviceOf({ path, start, length, part, block }: DeviceSignatures, takes: 'file' | 'block' | 'geom'): string {
  if (takes === 'geom') {
    if (part) return 'PARTITION';
    return block ? pathWord(path) : `"$(mdconfig -a -t vnode -o readonly -f ${pathWord(path)})"`;
  }
  if (part) return `"$(losetup -r -f --show -o ${start} --sizelimit ${length} ${pathWord(path)})"`;
  return takes === 'block' && !block ? `"$(losetup -r -f --show ${pathWord(path)})"` : pathWord(path);
}
