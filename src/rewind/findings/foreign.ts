import { LABEL_SIZE } from '../../format/label.layout.ts';
import type { DeviceSignatures, DeviceSurvey, LabelSurvey } from '../../pool/survey.ts';
import type { ForeignKind, PlacedSignature } from '../../source/foreign.ts';
import type { ImportPlace } from '../importPlace.ts';
import type { Step } from '../steps.ts';
import { CONTAINERS } from './containers.ts';
import type { Evidence, Finding } from './finding.ts';
import type { SignaturePlace, SignatureValues } from './values/signatures.ts';

/** In front of the first label's content: what stands there harms nothing of ZFS. */
const BLANK = 8192;

type PlaceOf = NonNullable<Evidence['placeOf']>;

/** What arrays, volumes, containers and file systems have signed of the devices of a pool, and what they do to it. */
export function foreignSignatures({ pool, placeOf = () => null }: Evidence): Finding[] {
  return pool.devices.flatMap((device) => {
    const { signed } = device;
    if (signed === null) return [];
    return signed.found.map((found): Finding => {
      const { start, length } = found.holder;
      const part = start > 0 || (signed.part && signed.start === 0);
      const place = signedPlace({ ...signed, start, length, part }, placeOf(device));
      const values = valuesOf(device, signed, found, place);
      const steps = place === null ? [] : stepsFor(found, place, values.vdev?.inside ?? false);
      return { code: 'foreign-signature', severity: 'warning', values, devices: [device], steps };
    });
  });
}

/**
 * What devices are that show nothing of ZFS: a container with what opens it, or a file system.
 *
 * @param devices that belong to no pool
 */
export function unopenedContainers(devices: readonly DeviceSurvey[], placeOf: PlaceOf = () => null): Finding[] {
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
      const place = signedPlace(signed, placeOf(device));
      const steps = place === null ? [] : openingSteps(kind, place);
      const part = signed.part ? { start: signed.start, length: signed.length } : null;
      const values = { ...about, part, makes: madeBy(kind, place) };
      return { code: 'container-not-opened', severity: 'warning', values, devices: [device], steps };
    });
  });
}

/** The device or the part of one that is signed, for the shell; null where nobody knows how to call what is made of it. */
const signedPlace = (
  { path, start, length, part, block }: DeviceSignatures,
  own: ImportPlace | null,
): ImportPlace | null =>
  own && {
    path: own.image?.shownAt ?? path,
    kind: block ? 'block' : 'file',
    part: part ? { start, size: length } : null,
    image: own.image,
    name: own.name,
  };

const openingSteps = (container: ForeignKind, place: ImportPlace): Step[] =>
  opens(container, place) ? [{ kind: 'open-container', container, place }] : [];

/** FreeBSD has no device of any part that somebody names by its bytes. */
const opens = (kind: ForeignKind, { part }: ImportPlace): boolean =>
  CONTAINERS[kind].opening !== null && (CONTAINERS[kind].takes !== 'geom' || part === null);

/** What the device is called that opening makes; null where nothing is opened. */
const madeBy = (kind: ForeignKind, place: ImportPlace | null): string | null =>
  place !== null && opens(kind, place) ? place.name : null;

/** What holds the device, what is signed on it, what takes that off a copy, what opens what is inside. */
function stepsFor({ kind, offset, holder }: PlacedSignature, place: ImportPlace, inside: boolean): Step[] {
  const { takes, wiped } = CONTAINERS[kind];
  const steps: Step[] = [];
  if (place.kind === 'block' && takes !== 'geom') steps.push({ kind: 'list-holders', place });
  if (wiped && !inside) {
    steps.push({ kind: 'list-signatures', place }, { kind: 'wipe-copy', place, at: offset - holder.start });
  }
  return [...steps, ...openingSteps(kind, place)];
}

const isOfZfs = ({ status, ring }: LabelSurvey): boolean =>
  status === 'ok' || status === 'malformed' || (ring?.slots.some(({ uberblock }) => uberblock !== null) ?? false);

function valuesOf(
  device: DeviceSurvey,
  signed: DeviceSignatures,
  found: PlacedSignature,
  place: ImportPlace | null,
): SignatureValues['foreign-signature'] {
  const { kind, name, offset } = found;
  const { holds, wiped } = CONTAINERS[kind];
  return {
    ...{ path: signed.path, kind, name, offset },
    vdev: {
      place: placeOfSignature(device, signed, found),
      inside: isAround(signed, found) || (holds && lacksLast(device, signed, found)),
      wiped,
      makes: madeBy(kind, place),
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
function placeOfSignature(device: DeviceSurvey, signed: DeviceSignatures, found: PlacedSignature): SignaturePlace {
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
