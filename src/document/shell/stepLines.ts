import { raw, sh } from '../../bytes/shellLine.ts';
import { shellCommand } from '../../bytes/shellWord.ts';
import { SECTOR } from '../../bytes/units.ts';
import { type Showing, STORE } from '../../rewind/showing.ts';
import type { Step } from '../../rewind/steps.ts';
import type { System } from '../../rewind/systems.ts';
import { closeImageLine, openImageLines } from './imageLines.ts';
import { openingLines } from './openingLines.ts';
import { LOOPS } from './otherSystems.ts';
import { parameterLines } from './parameterLines.ts';
import { copyLines, copyThen, losetup, shownPlace, sliceSpec, sourceSpecs } from './placeLines.ts';

/** Done with programs of Linux, or with options that only its programs have. */
const OF_LINUX: ReadonlySet<Step['kind']> = new Set([
  ...(['repair-labels', 'open-container', 'list-holders', 'list-signatures'] as const),
  ...(['wipe-copy', 'read-table', 'repair-table'] as const),
]);

/**
 * The lines of one step, for bash with root's rights. Each stands for itself and prints nothing that is needed later. None
 * where none is known on the system.
 */
export function stepLines(step: Step): string[] {
  if (OF_LINUX.has(step.kind) && systemOf(step) !== 'linux') return ownLines(step);
  switch (step.kind) {
    case 'open-images':
      return openImageLines(step.images, step.readOnly);
    case 'close-images':
      return step.images.map(closeImageLine);
    case 'copy':
      return step.showings.flatMap(copyLines);
    case 'repair-labels':
      return step.showings.flatMap((showing) => [...copyLines(showing), ...repairLines(showing.copy, step.repair)]);
    case 'show-read-only':
      return showLines(step.showings, true);
    case 'show-read-write':
      return showLines(step.showings, false);
    case 'detach':
      return detachLines(step.showings);
    case 'import-read-only':
    case 'import-read-write':
      return [shellCommand(step.command)];
    case 'copy-out':
      return [...(step.encrypted ? [sh`zfs load-key -r ${step.pool}`] : []), 'zfs mount -a'];
    case 'outrun':
      return [sh`for i in $(seq ${step.syncs}); do zpool sync -f ${step.pool}; done`];
    case 'remove-log':
      return [sh`zpool remove ${step.pool} ${step.guids.map(String)}`];
    case 'find-log':
      return [sh`zpool status -g ${step.pool}`];
    case 'open-container':
      return openingLines(step.container, step.place);
    case 'list-holders':
      return [sh`lsblk ${shownPlace(step.place, 'block')}`];
    case 'list-signatures':
      return [sh`wipefs -n ${shownPlace(step.place, 'file')}`];
    case 'wipe-copy':
      return copyThen(step.place, (copy) => sh`wipefs -o ${step.at} ${copy}`);
    case 'read-table':
      return [sh`partx -a ${step.place.path}`];
    case 'repair-table':
      // Where no copy of the table is whole, -e writes an empty one, and says that all went well.
      return copyThen(
        step.place,
        (copy) => sh`sgdisk -v ${copy}`,
        (copy) => sh`sgdisk -e ${copy}`,
      );
    case 'read-part':
      return [sh`zfs-uber labels ${sliceSpec(step.place)}`];
    case 'lay-overlay':
      return [layLine(step.vdevs)];
    case 'cancel-removal':
      return [sh`zpool remove -s ${step.pool}`];
    case 'return-spare':
    case 'keep-spare':
      return [sh`zpool detach ${step.pool} ${step.guid}`];
    case 'export':
      return [sh`zpool export ${step.pool}`];
    case 'set-parameters':
      return parameterLines(step.parameters, step.system);
    case 'reset-parameters':
      return parameterLines(
        step.parameters.map(({ name, normal }) => ({ name, value: normal })),
        step.system,
      );
  }
}

function systemOf(step: Step): System {
  if ('place' in step) return step.place.system ?? 'linux';
  return ('showings' in step ? step.showings[0]?.place.system : undefined) ?? 'linux';
}

/** What FreeBSD does with its own layers. */
function ownLines(step: Step): string[] {
  const isOwn = step.kind === 'open-container' && (step.container === 'geli' || step.container === 'geom');
  return isOwn && systemOf(step) === 'freebsd' ? openingLines(step.container, step.place) : [];
}

/**
 * The configs of the four labels of a file, 112 KiB each, are written again with the key that says `external` called
 * something else, and sealed. Of equal length, so that nothing moves.
 *
 * Source: include/sys/vdev_impl.h, vdev_label_t; cmd/zhack.c
 */
function repairLines(copy: string, repair: 'txg' | 'fault'): string[] {
  if (repair === 'txg') return [sh`zhack label repair -u ${copy}`];
  const read = sh`dd if=${copy} iflag=skip_bytes,count_bytes skip=$((o+16384)) count=114688 bs=64k status=none`;
  const write = sh`dd of=${copy} oflag=seek_bytes seek=$((o+16384)) bs=64k conv=notrunc status=none`;
  const edit = raw(`${read} | LC_ALL=C sed s/aux_state/xux_state/g | ${write}`);
  const end = sh`e=$(($(stat -c %s ${copy}) / 262144 * 262144))`;
  return [
    sh`${raw(end)}; for o in 0 262144 $((e-524288)) $((e-262144)); do ${edit}; done`,
    sh`zhack label repair -c ${copy}`,
  ];
}

/** The table of a mapping that has zeros in front of what there is. */
export function paddedTable(showing: Showing, readOnly: boolean): string {
  const { start = 0, size = 0 } = showing.place.part ?? {};
  const [missing, all] = [-start / SECTOR, Math.floor(size / SECTOR)];
  const rest = sh`${missing} ${all - missing} linear %s 0`;
  return sh`printf '0 ${missing} zero\\n${raw(rest)}\\n' "$(${raw(losetup(showing, readOnly))})"`;
}

/** On another system than Linux whole files alone are shown. */
const loopsOf = ({ place: { system = 'linux' } }: Showing) =>
  system === 'linux' || system === 'windows' ? null : LOOPS[system];

function showLines(showings: readonly Showing[], readOnly: boolean): string[] {
  const run = linkRun(showings);
  if (run !== null) {
    const { prefix, first } = run;
    const paths = showings.map(({ place }) => place.path);
    const attach = sh`losetup${raw(readOnly ? ' -r' : '')} -f --show "$d"`;
    return [sh`i=${first}; for d in ${paths}; do ln -s "$(${raw(attach)})" ${raw(prefix)}$i; i=$((i+1)); done`];
  }
  return showings.map((showing) => {
    const loops = loopsOf(showing);
    if (loops !== null) return loops.show(showing.place.path, showing.path, readOnly);
    if (showing.kind !== 'padded') return sh`ln -s "$(${raw(losetup(showing, readOnly))})" ${showing.path}`;
    return sh`${raw(paddedTable(showing, readOnly))} | dmsetup create${raw(readOnly ? ' -r' : '')} ${showing.place.name}`;
  });
}

function detachLines(showings: readonly Showing[]): string[] {
  const run = linkRun(showings);
  if (run !== null) {
    const { prefix, first } = run;
    const loop = raw(`${prefix}$i`);
    return [
      sh`for i in $(seq ${first} ${first + showings.length - 1}); do losetup -d "$(readlink ${loop})"; rm ${loop}; done`,
    ];
  }
  return showings.map((showing) => {
    const { kind, path, place } = showing;
    const { name } = place;
    const loops = loopsOf(showing);
    if (loops !== null) return loops.detach(path, place.path);
    if (kind !== 'padded') return sh`losetup -d "$(readlink ${path})"; rm ${path}`;
    // Held by the mapping alone, the loop device goes with it.
    return sh`l=$(dmsetup deps -o devname ${name} | grep -o 'loop[0-9]*'); dmsetup remove ${name}; losetup -d /dev/$l`;
  });
}

/** From so many devices on nobody copies a line for each. */
const MANY = 3;

/** Names that differ in their number alone, which goes up one by one. */
interface NumberedRun {
  /** Plain text: a name up to its number. */
  readonly prefix: string;
  readonly first: number;
}

/** Null where there are few, or where their numbers have gaps. */
export function numberedRun<T>(items: readonly T[], nameOf: (item: T) => string): NumberedRun | null {
  const [head] = items;
  if (head === undefined || items.length < MANY) return null;
  const [, prefix = '', number = ''] = /^(.*?)(\d+)$/.exec(nameOf(head)) ?? [];
  const first = Number(number);
  const follows = items.every((item, at) => nameOf(item) === `${prefix}${first + at}`);
  return prefix === '' || !follows ? null : { prefix, first };
}

/** Whole files that loop devices show. */
const linkRun = (showings: readonly Showing[]): NumberedRun | null =>
  showings.every(({ kind, place }) => kind === 'loop' && place.part === null && place.system === undefined)
    ? numberedRun(showings, ({ path }) => path)
    : null;

/** An overlay over what lies in an image is a copy: QEMU lays one over raw bytes alone. */
function layLine(vdevs: Extract<Step, { readonly kind: 'lay-overlay' }>['vdevs']): string {
  const form = vdevs.some(({ image }) => image !== null) ? '--as copy ' : '';
  return sh`zfs-uber overlay ${raw(form)}-o ${`${STORE}/zu-overlay`} ${vdevs.flatMap(sourceSpecs)}`;
}
