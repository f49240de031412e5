import { pathWord } from '../../bytes/shellWord.ts';
import { LABEL_SIZE } from '../../format/label.layout.ts';
import type { DeviceSignatures, DeviceSurvey, LabelSurvey } from '../../pool/survey.ts';
import type { ForeignKind, PlacedSignature } from '../../source/foreign.ts';
import { CONTAINERS } from './containers.ts';
import type { Evidence, Finding } from './finding.ts';
import type { SignaturePlace, SignatureValues } from './values/signatures.ts';

/** In front of the first label's content: what stands there harms nothing of ZFS. */
const BLANK = 8192;

/** What arrays, volumes, containers and file systems have signed of the devices of a pool, and what they do to it. */
export function foreignSignatures({ pool }: Evidence): Finding[] {
  return pool.devices.flatMap((device) => {
    const { signed } = device;
    if (signed === null) return [];
    return signed.found.map((found): Finding => {
      const values = valuesOf(device, signed, found);
      return { code: 'foreign-signature', severity: 'warning', values, devices: [device] };
    });
  });
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
      const { kind, name, offset } = found;
      const about = { path: signed.path, kind, name, offset };
      if (!CONTAINERS[kind].holds) {
        const values = { ...about, vdev: null };
        return { code: 'foreign-signature', severity: 'info', values, devices: [device] };
      }
      const line = lineFor(kind, signed);
      const part = signed.part ? { start: signed.start, length: signed.length } : null;
      const steps = line === '' ? [] : [{ kind: 'open-container' as const, line }];
      const values = { ...about, part, line };
      return { code: 'container-not-opened', severity: 'warning', values, devices: [device], steps };
    });
  });
}

const isOfZfs = ({ status, ring }: LabelSurvey): boolean =>
  status === 'ok' || status === 'malformed' || (ring?.slots.some(({ uberblock }) => uberblock !== null) ?? false);

/** What opens it, in a shell; empty where that depends. */
function lineFor(kind: ForeignKind, device: DeviceSignatures): string {
  const { line, takes } = CONTAINERS[kind];
  return line?.(deviceOf(device, takes)) ?? '';
}

function valuesOf(
  device: DeviceSurvey,
  signed: DeviceSignatures,
  found: PlacedSignature,
): SignatureValues['foreign-signature'] {
  const { kind, name, offset, holder } = found;
  const { start, length } = holder;
  const part = start > 0 || (signed.part && signed.start === 0);
  const on = { ...signed, start, length, part };
  const { holds } = CONTAINERS[kind];
  return {
    ...{ path: signed.path, kind, name, offset },
    vdev: {
      place: placeOf(device, signed, found),
      inside: isAround(signed, found) || (holds && lacksLast(device, signed, found)),
      word: deviceOf(on, 'file'),
      part,
      at: offset - start,
      line: holds ? lineFor(kind, on) : '',
    },
  };
}

/** The labels of the end are not where this device has them, and something has signed that end. */
const lacksLast = (
  { labels, source }: DeviceSurvey,
  { start }: DeviceSignatures,
  { offset }: PlacedSignature,
): boolean =>
  offset >= start + source.size - 2 * LABEL_SIZE && !labels.some(({ index, status }) => index >= 2 && status === 'ok');

/** How the signature lies to the vdev. */
function placeOf(device: DeviceSurvey, signed: DeviceSignatures, found: PlacedSignature): SignaturePlace {
  const { start } = signed;
  const { offset } = found;
  if (offset < start) return { at: isAround(signed, found) ? 'around' : 'before', begin: start };
  if (offset < start + BLANK) {
    return { at: 'front', sound: device.labels.some(({ index, status }) => index === 0 && status === 'ok') };
  }
  if (offset < start + LABEL_SIZE) return { at: 'label-0' };
  const end = start + device.source.size;
  if (offset >= end) return { at: 'behind', end };
  if (offset < end - 2 * LABEL_SIZE) return { at: 'inside' };
  return { at: lacksLast(device, signed, found) ? 'end' : 'end-labels' };
}

/** Whether the vdev is what the signature's own kind keeps behind it. */
export const isAround = ({ start }: DeviceSignatures, { kind, offset, holder }: PlacedSignature): boolean =>
  CONTAINERS[kind].holds && holder.start < start && offset < start;

/** The device as a word of a shell. A part is shown first, and an image where only a block device will do. */
function deviceOf({ path, start, length, part, block }: DeviceSignatures, takes: 'file' | 'block' | 'geom'): string {
  if (takes === 'geom') {
    if (part) return 'PARTITION';
    return block ? pathWord(path) : `"$(mdconfig -a -t vnode -o readonly -f ${pathWord(path)})"`;
  }
  if (part) return `"$(losetup -r -f --show -o ${start} --sizelimit ${length} ${pathWord(path)})"`;
  return takes === 'block' && !block ? `"$(losetup -r -f --show ${pathWord(path)})"` : pathWord(path);
}
