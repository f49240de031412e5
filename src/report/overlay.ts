import type { OverlayEntry, SourceEntry } from './document.ts';
import { shellWord } from './text/shellWord.ts';

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
 * @returns null when a source is of a kind that has to be unpacked first, or there is no command
 * Source: Linux, Documentation/admin-guide/device-mapper/snapshot.rst; qemu-img(1), qemu-nbd(8)
 */
export function overlayOf(sources: readonly SourceEntry[], command: readonly string[]): OverlayEntry | null {
  if (command.length === 0 || sources.length === 0) return null;
  const deviceMapper: string[] = [];
  const qemu: string[] = [];
  const places: string[] = [];
  for (const [at, { path, kind, sizeBytes, offsetBytes }] of sources.entries()) {
    if (kind !== 'raw' && kind !== 'block' && kind !== 'slice' && kind !== 'gpt' && kind !== 'mbr') return null;
    const name = `zu-d${at}`;
    const whole = offsetBytes === '0' && kind !== 'slice';
    const part = whole ? '' : ` -o ${offsetBytes} --sizelimit ${sizeBytes}`;
    const origin = kind === 'block' ? shellWord(path) : `$(losetup -r -f --show${part} ${shellWord(path)})`;
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
  return { deviceMapper, qemu, commandReadWrite: redirected(command, places) };
}

/** The command with other places to search. */
function redirected(command: readonly string[], places: readonly string[]): string[] {
  const rest = command.filter((word, at) => word !== '-d' && command[at - 1] !== '-d');
  return [...rest.slice(0, 2), ...places, ...rest.slice(2)];
}
