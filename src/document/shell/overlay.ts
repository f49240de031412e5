import { raw, sh } from '../../bytes/shellLine.ts';
import type { Candidate } from '../../load/candidates.ts';
import { type Showing, STORE } from '../../rewind/showing.ts';
import type { OverlayEntry } from '../recommendation.types.ts';
import { copyLines, losetup, sliceSpec } from './placeLines.ts';
import { numberedRun } from './stepLines.ts';

/** Room for what is written while trying, kept in a sparse file. */
const ROOM = '20G';

/**
 * Lines for a shell with root's rights that lay a writable overlay over each device, itself opened read-only, and the
 * import that finds the overlays. What was a file OpenZFS opens as nothing else: that is copied.
 *
 * @param showings of the devices that `command` names
 * @param command that imports from them; its `-d PATH` are replaced
 * @param state of the pool that it leads to
 * @returns null when there is no command, when a device has to be completed first, or on another system than Linux
 * Source: Linux, Documentation/admin-guide/device-mapper/snapshot.rst; losetup(8), qemu-img(1), qemu-nbd(8)
 */
export function overlayOf(
  showings: readonly Showing[],
  command: readonly string[],
  state: Pick<Candidate, 'txg' | 'checkpoint'>,
): OverlayEntry | null {
  if (command.length === 0 || showings.length === 0) return null;
  if (showings.some(({ kind }) => kind === 'padded' || kind === 'padded-copy')) return null;
  // Its lines, and those of the script that `zfs-uber overlay` writes, are made of what Linux alone has.
  if (showings.some(({ place }) => place.system !== undefined)) return null;
  const files = showings.filter(isFile);
  const disks = showings.filter((each) => !isFile(each));
  const places = showings.map((each) => (isFile(each) ? stored(each) : `/dev/mapper/${nameOf(each)}`));
  return {
    plain: plainOverlays(showings, state),
    copies: files.flatMap((each) => copyLines({ ...each, copy: stored(each) })),
    deviceMapper: disks.flatMap((each) => [sh`truncate -s ${raw(ROOM)} ${stored(each)}.cow`, overlayLine(each)]),
    deviceMapperLoop: loopOver(disks),
    undo: undoing(files, disks),
    qemu: disks.flatMap(qemuLines),
    commandReadWrite: redirected(command, places),
  };
}

/** `zfs-uber overlay` over the same vdevs. */
function plainOverlays(
  showings: readonly Showing[],
  { txg, checkpoint }: Pick<Candidate, 'txg' | 'checkpoint'>,
): string[] {
  const which = checkpoint === null ? ['--txg', txg.toString()] : ['--checkpoint'];
  const sources = showings.map(({ place }) => sliceSpec(place));
  return ['zfs-uber', 'overlay', ...which, '-o', `${STORE}/zu-overlay-${txg}`, ...sources];
}

const isFile = ({ kind, place }: Showing): boolean => kind === 'copy' || (kind === 'as-is' && place.kind === 'file');
const nameOf = ({ place }: Showing): string => `${place.name}-try`;
const stored = (showing: Showing): string => `${STORE}/${nameOf(showing)}`;

/** Detached while the mapping holds them, loop devices go with it. */
function overlayLine(showing: Showing): string {
  const name = nameOf(showing);
  const cow = sh`c=$(losetup -f --show ${stored(showing)}.cow)`;
  return showing.kind === 'loop'
    ? `o=$(${losetup(showing, true)}); ${cow}; ${mapping(name)}; losetup -d $o $c`
    : `${sh`o=$(readlink -f ${showing.path})`}; ${cow}; ${mapping(name)}; losetup -d $c`;
}

const mapping = (name: string): string =>
  `dmsetup create ${name} --table "0 $(blockdev --getsz $o) snapshot $o $c N 8"`;

/** What `deviceMapper` does, as one line: with many devices nobody copies two lines for each. */
function loopOver(disks: readonly Showing[]): string | null {
  const run = numberedRun(disks, ({ place }) => place.name);
  if (run === null) return null;
  const { prefix, first } = run;
  const name = `${prefix}$i-try`;
  const loops = disks.every(({ kind, place }) => kind === 'loop' && place.part === null);
  if (!loops && !disks.every(({ kind }) => kind === 'as-is')) return null;
  const cow = `${STORE}/${name}.cow`;
  const origin = loops ? 'losetup -r -f --show "$d"' : 'readlink -f "$d"';
  const paths = disks.map(({ place }) => place.path);
  return sh`i=${first}; for d in ${paths}; do truncate -s ${raw(ROOM)} ${raw(cow)}; o=$(${raw(origin)}); c=$(losetup -f --show ${raw(cow)}); ${raw(mapping(name))}; losetup -d ${raw(loops ? '$o $c' : '$c')}; i=$((i+1)); done`;
}

function undoing(files: readonly Showing[], disks: readonly Showing[]): string {
  const stores = [...files.map(stored), ...disks.map((each) => `${stored(each)}.cow`)];
  const remove = disks.length === 0 ? '' : sh`dmsetup remove ${disks.map(nameOf)}; `;
  return sh`${raw(remove)}rm ${stores}`;
}

function qemuLines(showing: Showing, at: number): string[] {
  const { path, part } = showing.place;
  const image = `${stored(showing)}.qcow2`;
  const backing =
    part === null
      ? path
      : `json:${JSON.stringify({ driver: 'raw', offset: part.start, size: part.size, file: { driver: 'file', filename: path } })}`;
  return [sh`qemu-img create -f qcow2 -F raw -b ${backing} ${image}`, sh`qemu-nbd -c /dev/nbd${at} ${image}`];
}

/** The command with other places to search. */
function redirected(command: readonly string[], places: readonly string[]): string[] {
  const rest = command.filter((word, at) => word !== '-d' && command[at - 1] !== '-d');
  return [...rest.slice(0, 2), ...places.flatMap((path) => ['-d', path]), ...rest.slice(2)];
}
