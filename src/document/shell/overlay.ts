import type { OverlayEntry, SourceEntry } from '../document.ts';
import { isWhole, partOf } from './losetup.ts';
import { shellWord } from './shellWord.ts';

/** Room for what is written while trying, kept in a sparse file. */
const ROOM = '20G';
/** Where the files of the overlay go: to be changed by whoever has no room there. */
const FOLDER = '/var/tmp';
const SECTOR = 512n;

/**
 * Lines for a shell with root's rights that lay a writable overlay over each source, itself opened read-only, and the
 * import that finds the overlays.
 *
 * @param sources of one pool
 * @param command that imports from the sources; its `-d PATH` are replaced
 * @param files the vdevs were files, which OpenZFS does not open as block devices: then they are copied instead
 * @returns null when a source is of a kind that has to be unpacked first, or there is no command
 * Source: Linux, Documentation/admin-guide/device-mapper/snapshot.rst; qemu-img(1), qemu-nbd(8)
 */
export function overlayOf(
  sources: readonly SourceEntry[],
  command: readonly string[],
  files = false,
): OverlayEntry | null {
  if (command.length === 0 || sources.length === 0) return null;
  if (files && sources.every((source) => source.kind === 'raw' && isWhole(source))) {
    return copiesOf(sources, command);
  }
  const deviceMapper: string[] = [];
  const qemu: string[] = [];
  const places: string[] = [];
  for (const [at, source] of sources.entries()) {
    const { path, kind, sizeBytes, offsetBytes } = source;
    if (kind !== 'raw' && kind !== 'block' && kind !== 'slice' && kind !== 'gpt' && kind !== 'mbr') return null;
    // What is missing in front would have to come from elsewhere.
    if (offsetBytes.startsWith('-')) return null;
    const name = `zu-d${at}`;
    const whole = isWhole(source);
    const origin =
      kind === 'block' && whole ? shellWord(path) : `$(losetup -r -f --show${partOf(source)} ${shellWord(path)})`;
    const store = `${FOLDER}/${name}`;
    deviceMapper.push(
      `truncate -s ${ROOM} ${store}.cow`,
      `dmsetup create ${name} --table "0 ${BigInt(sizeBytes) / SECTOR} snapshot ${origin} $(losetup -f --show ${store}.cow) N 8"`,
    );
    qemu.push(
      whole
        ? `qemu-img create -f qcow2 -F raw -b ${shellWord(path)} ${store}.qcow2`
        : `qemu-img create -f qcow2 ${store}.qcow2 -b ${shellWord(`json:{"driver":"raw","offset":${offsetBytes},"size":${sizeBytes},"file":{"driver":"file","filename":${JSON.stringify(path)}}}`)} -F raw`,
      `qemu-nbd -c /dev/nbd${at} ${store}.qcow2`,
    );
    places.push('-d', `/dev/mapper/${name}`);
  }
  return {
    copies: [],
    deviceMapper,
    deviceMapperLoop: loopOver(sources),
    undo: undoing(sources.length),
    qemu,
    commandReadWrite: redirected(command, places),
  };
}

/** Where the filesystem can share blocks a copy takes no time and no room until it is written to. */
function copiesOf(sources: readonly SourceEntry[], command: readonly string[]): OverlayEntry {
  const folder = `${FOLDER}/zu`;
  const paths = sources.map(({ path }) => shellWord(path)).join(' ');
  const copy = 'cp --sparse=always --reflink=auto';
  return {
    copies: [`mkdir ${folder}; i=0; for d in ${paths}; do ${copy} "$d" ${folder}/d$i; i=$((i+1)); done`],
    deviceMapper: [],
    deviceMapperLoop: null,
    undo: `rm -r ${folder}`,
    qemu: [],
    commandReadWrite: redirected(command, ['-d', folder]),
  };
}

/** What `deviceMapper` does, as one line: with many devices nobody copies two lines for each. */
function loopOver(sources: readonly SourceEntry[]): string | null {
  const blocks = sources.filter(({ kind }) => kind === 'block').length;
  const alike = sources.every(isWhole) && (blocks === 0 || blocks === sources.length);
  if (sources.length < 2 || !alike) return null;
  const paths = sources.map(({ path }) => shellWord(path)).join(' ');
  const store = `${FOLDER}/zu-d$i.cow`;
  const origin = blocks === 0 ? 'o=$(losetup -r -f --show "$d")' : 'o=$d';
  const table = `"0 $(blockdev --getsz "$o") snapshot $o $(losetup -f --show ${store}) N 8"`;
  return `i=0; for d in ${paths}; do truncate -s ${ROOM} ${store}; ${origin}; dmsetup create zu-d$i --table ${table}; i=$((i+1)); done`;
}

function undoing(count: number): string {
  const store = `${FOLDER}/zu-d$i.cow`;
  const indexes = Array.from({ length: count }, (_, at) => at).join(' ');
  return `for i in ${indexes}; do dmsetup remove zu-d$i; losetup -d $(losetup -nO NAME -j ${store}); rm ${store}; done`;
}

/** The command with other places to search. */
function redirected(command: readonly string[], places: readonly string[]): string[] {
  const rest = command.filter((word, at) => word !== '-d' && command[at - 1] !== '-d');
  return [...rest.slice(0, 2), ...places, ...rest.slice(2)];
}
