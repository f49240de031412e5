import { LABEL_SIZE } from '../../format/label.layout.ts';
import { ownLeaf } from '../../format/labelConfig.ts';
import { type DeviceShift, type DeviceSurvey, fillsPath, type LabelSurvey } from '../../pool/survey.ts';
import { vdevHealth } from '../../pool/vdevHealth.ts';
import { count, type Evidence, type Finding, list } from './finding.ts';
import { isAround } from './foreign.ts';
import { loopLine, quoted } from './loopLine.ts';

const SECTOR = 512;
const MIB = 1024 * 1024;
/** Sectors at which tools of the last decades began the first partition. */
const USUAL_STARTS = [8, 34, 40, 63, 64, 128, 256];

/** Vdevs that do not begin, or do not end, where `zpool import` looks for them: which, by how much, and what shows them. */
export function shiftedDevices({ pool }: Evidence): Finding[] {
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

/** What shows the vdev where it belongs and leaves the source as it is. */
function remedyOf({ source }: DeviceSurvey, { path, start }: DeviceShift, type: string): string {
  const file = quoted(path);
  const own = start < 0 ? '' : ` For zfs-uber alone: ${file}@${start}+${source.size}.`;
  if (type === 'file') {
    const range = `iflag=skip_bytes,count_bytes skip=${Math.max(start, 0)} count=${source.size + Math.min(start, 0)}`;
    const hole = start < 0 ? ` oflag=seek_bytes seek=${-start}` : '';
    const line = `dd if=${file} of=COPY bs=1M ${range}${hole} conv=sparse,notrunc; truncate -s ${source.size} COPY`;
    return `The vdev was a file, and OpenZFS opens it as no other thing: \`${line}\` makes one of it; add \`-d COPY\` to the commands.${own}`;
  }
  if (start >= 0) {
    return `As root, \`${loopLine(path, start, source.size)}\` shows it read-only as a loop device: add \`-d\` and the name it prints to the commands.${own}`;
  }
  const missing = -start;
  if (missing % SECTOR !== 0) {
    const line = `dd if=${file} of=COPY bs=1M oflag=seek_bytes seek=${missing} conv=sparse`;
    return `\`${line}; losetup -r -f --show COPY\` shows a copy in which everything is at its place: add \`-d\` and the name it prints to the commands. What lay in front stays lost.`;
  }
  const sectors = missing / SECTOR;
  const rest = Math.floor(source.size / SECTOR) - sectors;
  const table = `printf '0 ${sectors} zero\\n${sectors} ${rest} linear %s 0\\n' "$(losetup -r -f --show ${file})"`;
  return `As root, \`${table} | dmsetup create -r zu-shifted\` shows it read-only with zeros in front: add \`-d /dev/mapper/zu-shifted\` to the commands. What lay in front stays lost.`;
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
