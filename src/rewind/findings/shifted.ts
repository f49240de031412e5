import { LABEL_SIZE } from '../../format/label.layout.ts';
import { ownLeaf } from '../../format/labelConfig.ts';
import { type DeviceShift, type DeviceSurvey, fillsPath, type LabelSurvey } from '../../pool/survey.ts';
import { vdevHealth } from '../../pool/vdevHealth.ts';
import type { ImportPlace } from '../importPlace.ts';
import { showingOf } from '../showing.ts';
import { type Step, showingSteps } from '../steps.ts';
import { count, type Evidence, type Finding, list } from './finding.ts';
import { isAround } from './foreign.ts';

const SECTOR = 512;
const MIB = 1024 * 1024;
/** Sectors at which tools of the last decades began the first partition. */
const USUAL_STARTS = [8, 34, 40, 63, 64, 128, 256];

/** Vdevs that do not begin, or do not end, where `zpool import` looks for them: which, by how much, and what shows them. */
export function shiftedDevices({ pool, placeOf: lies }: Evidence): Finding[] {
  const shifted = new Set(pool.devices.filter(({ shift, source }) => shift !== null && !fillsPath(shift, source.size)));
  const lost =
    pool.root === null ||
    pool.root.children.some(
      (top) =>
        top.role !== 'log' && vdevHealth(top, ({ device }) => device !== null && !shifted.has(device)) === 'missing',
    );
  const needed = lost ? 'and the pool needs it' : 'and redundancy does without it';
  return pool.devices.flatMap((device) => {
    const { shift } = device;
    if (shift === null) return [];
    const type = leafType(device);
    const doubt = doubtOf(device, shift);
    const parts = [placeOf(device, shift), labelsOf(device, shift), causeOf(device, shift, doubt !== '')];
    const hidden = shifted.has(device);
    const remedy = hidden
      ? `zpool does not see it, ${needed}. ${remedyOf(device, shift, type)}`
      : `It is all of ${shift.path}: give that.`;
    const rest = [remedy, doubt];
    return [
      {
        code: 'device-shifted',
        severity: hidden && lost ? ('error' as const) : ('warning' as const),
        message: [...parts, ...rest].filter((part) => part !== '').join(' '),
        devices: [device],
        ...(hidden ? { steps: stepsFor(device, lies?.(device) ?? null) } : {}),
      },
    ];
  });
}

/** `file` or `disk` as the label has it; `disk` when none says. */
const leafType = ({ config }: DeviceSurvey): string => (config === null ? null : ownLeaf(config)?.type) ?? 'disk';

/** Where the vdev begins, against where it was to. */
function placeOf({ source }: DeviceSurvey, { path, start, expected, expectedBy }: DeviceShift): string {
  const by = start - expected;
  if (by === 0) {
    const end = 'does not end where its labels 2 and 3 were looked for';
    return `${path}${expectedBy === null ? '' : `, ${expectedBy},`} holds a vdev of ${source.size} bytes, which ${end}.`;
  }
  const direction = by > 0 ? 'behind' : 'before';
  const missing = start < 0 ? `, and its first ${-start} bytes are not there` : '';
  const from = `the start of ${expectedBy ?? 'the source'}`;
  return `The vdev in ${path} begins at byte ${start}, ${amount(Math.abs(by))} ${direction} ${from}${missing}.`;
}

function labelsOf({ labels }: DeviceSurvey, { start }: DeviceShift): string {
  const sound = labels.filter(isSound);
  if (sound.length === 0) return 'Its uberblocks verify for that start and no other; no label does.';
  const places = sound.map(({ index, offset }) => `${index} (byte ${start + offset})`);
  return `${sound.length === 1 ? 'Label' : 'Labels'} ${list(places)} ${sound.length === 1 ? 'verifies' : 'verify'} for that start and no other.`;
}

/** What usually makes vdevs begin there; nothing where `doubted` names another cause. */
function causeOf(
  { source, signed }: DeviceSurvey,
  { start, expected, expectedBy, pathSize }: DeviceShift,
  doubted: boolean,
): string {
  const by = start - expected;
  const around = signed?.found.find((found) => isAround(signed, found));
  if (around !== undefined) {
    return `It lies inside what ${around.name} (byte ${around.offset}) belongs to, which may keep it in pieces: what opens that shows it whole (foreign-signature).`;
  }
  if (start < 0)
    return 'Likely cause: a copy that began too late (dd skip=), or a controller that hides the front of the disk.';
  if (expectedBy?.startsWith('partition')) return 'Likely cause: a partition table written anew with another start.';
  if (expectedBy !== null) return 'Likely cause: the offset that was given is not that of the vdev.';
  if (by === 0) {
    return `Likely cause: ${pathSize > source.size ? 'the disk grew, or something was appended' : 'the end of the disk is not there'}.`;
  }
  if (by % MIB === 0 || USUAL_STARTS.includes(by / SECTOR)) {
    return 'Likely cause: a partition began there, and the partition table is lost.';
  }
  return doubted ? '' : 'Likely cause: something was put in front, as a header or dd seek= does.';
}

/** What kind of thing shows the vdev where it belongs and leaves the source as it is. */
function remedyOf({ source }: DeviceSurvey, { path, start }: DeviceShift, type: string): string {
  const own = start < 0 ? '' : ` For zfs-uber alone: ${path}@${start}+${source.size}.`;
  const lost = start < 0 ? ' What lay in front stays lost.' : '';
  if (type === 'file') {
    return `The vdev was a file, and OpenZFS opens it as no other thing: a copy makes one of it.${lost}${own}`;
  }
  if (start >= 0) return `A loop device shows it.${own}`;
  const how = -start % SECTOR === 0 ? 'A mapping with zeros in front' : 'A copy with zeros in front';
  return `${how} shows everything at its place.${lost}`;
}

/** The lines for that. */
function stepsFor(device: DeviceSurvey, place: ImportPlace | null): Step[] {
  return place === null ? [] : showingSteps([showingOf(device, place)]);
}

/** A label proves a start, and not that the whole vdev follows it: images stored in a pool lie in pieces. */
function doubtOf({ labels, source }: DeviceSurvey, { start, pathSize }: DeviceShift): string {
  const there = labels.filter(({ offset }) => start + offset >= 0 && start + offset + LABEL_SIZE <= pathSize);
  const lost = there.filter((label) => !isSound(label)).length;
  if (lost === 0) return '';
  return `${lost} of its ${there.length} labels that lie in the source are not where that start has them: ${source.name} may be a remainder, or an image that was stored inside another pool or file system.`;
}

const isSound = ({ status }: LabelSurvey): boolean => status === 'ok' || status === 'malformed';

/** `12 bytes`, `4096 bytes (8 sectors)`. */
const amount = (bytes: number): string =>
  bytes % SECTOR === 0 ? `${bytes} bytes (${count(bytes / SECTOR, 'sector')})` : count(bytes, 'byte');
