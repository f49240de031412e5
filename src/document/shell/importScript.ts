import { posixAssignment } from '../../bytes/posixShell.ts';
import { ALTROOT } from '../../rewind/steps.ts';
import type { DiskPart } from '../../source/restoredGpt.ts';

/** How the overlay of a device comes before zpool; `vdev` where that is a part of it, null where it is all of it. */
export type Carrier =
  /** A qcow2 file that qemu-nbd serves as a block device. */
  | { readonly kind: 'nbd'; readonly vdev: DiskPart | null }
  /** A qcow2 file that is made into a raw one first: OpenZFS opens what was a file as nothing else. */
  | { readonly kind: 'unpacked' }
  /** A raw file that OpenZFS opens as it is. */
  | { readonly kind: 'file' }
  /** A raw file that a loop device shows. */
  | { readonly kind: 'loop'; readonly vdev: DiskPart | null }
  /** Regions of NAME.patch between those of the origin, and a snapshot on top for what is written. */
  | {
      readonly kind: 'mapped';
      readonly origin: string;
      readonly block: boolean;
      readonly sectors: number;
      readonly vdev: DiskPart | null;
    };

export interface ScriptDevice {
  /** Letters and digits: its files are called so. */
  readonly name: string;
  readonly carrier: Carrier;
}

export interface ScriptFacts {
  readonly txg: string;
  /** What zpool import is told: name or guid, and a new name where one is needed. */
  readonly words: readonly string[];
  /** What the pool is called once it is imported. */
  readonly pool: string;
  readonly devices: readonly ScriptDevice[];
  /** Options that are needed besides: `-f`, `-D`, `-m`. */
  readonly options: readonly string[];
  /** An import read-write is predicted to succeed. */
  readonly writes: boolean;
}

/**
 * A script for any POSIX shell, with root's rights, that shows the overlays of the folder it lies in, imports the pool
 * from them and takes them away again. Names stand in it as values of variables, and as nothing else.
 */
export function importScript(facts: ScriptFacts): string {
  const { devices, options, words, pool, txg } = facts;
  const places = devices
    .map(({ name, carrier }) => `-d "${partOf(carrier) === null ? shownAt(name, carrier) : vdevAt(name)}"`)
    .join(' ');
  const numbered = words.map((_, i) => `"$word${i}"`).join(' ');
  const command = ['zpool import', places, '-o cachefile=none', '-N', `-R ${ALTROOT}`, ...options].join(' ');
  return [
    '#!/bin/sh',
    `# Imports a pool as it was at txg ${txg}, from overlays: the devices below them are only read.`,
    `# sh import.sh attach, then read-only; look at it below ${ALTROOT} (zfs mount -a); then export.`,
    '# To write to it: read-write, export. At the end: detach. What was written stays in the overlays.',
    'set -eu',
    ...(devices.every(({ carrier }) => carrier.kind === 'file') ? [] : [OF_LINUX]),
    '# The folder of this script, whatever it is called.',
    'here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd && echo .)',
    `here=\${here%??}`,
    ...words.map((word, i) => posixAssignment(`word${i}`, word)),
    posixAssignment('pool', pool),
    ...devices.flatMap(({ name, carrier }) =>
      carrier.kind === 'mapped' ? [posixAssignment(`origin_${name}`, carrier.origin)] : [],
    ),
    '',
    ...functionsFor(devices),
    `case \${1:-} in`,
    'attach)',
    '  mkdir -p "$here/shown"',
    ...devices
      .flatMap(({ name, carrier }) => [attachLine(name, carrier), ...partLines(name, carrier, 'attach')])
      .map(indented),
    '  ;;',
    'read-only)',
    `  ${command} -o readonly=on ${numbered}`,
    '  ;;',
    'read-write)',
    facts.writes
      ? `  ${command} ${numbered}`
      : '  echo "zfs-uber predicts that an import read-write fails: see manifest.json" >&2; exit 1',
    '  ;;',
    'export)',
    '  zpool export "$pool"',
    '  ;;',
    'detach)',
    ...devices
      .flatMap(({ name, carrier }) => [...partLines(name, carrier, 'detach'), detachLine(name, carrier)])
      .map(indented),
    '  rmdir "$here/shown"',
    '  ;;',
    '*)',
    '  echo "usage: sh import.sh attach|read-only|read-write|export|detach" >&2; exit 2',
    '  ;;',
    'esac',
    '',
  ].join('\n');
}

/** Every carrier but a file is shown by what Linux alone has. */
const OF_LINUX =
  '[ "$(uname)" = Linux ] || { echo "these lines are for Linux: give the overlays to one" >&2; exit 1; }';

const indented = (line: string): string => `  ${line}`;

const partOf = (carrier: Carrier): DiskPart | null => ('vdev' in carrier ? carrier.vdev : null);
const vdevAt = (name: string): string => `$here/shown/${name}-vdev`;

/** The vdev in the overlay of its disk, whatever devices the system makes of the partitions there. */
function partLines(name: string, carrier: Carrier, verb: 'attach' | 'detach'): string[] {
  const part = partOf(carrier);
  if (part === null) return [];
  const link = vdevAt(name);
  if (verb === 'detach') return [`losetup -d "$(readlink "${link}")"; rm "${link}"`];
  const window = `-o ${part.start} --sizelimit ${part.size}`;
  return [`ln -s "$(losetup -f --show ${window} "${shownAt(name, carrier)}")" "${link}"`];
}

/** For within double quotes. */
function shownAt(name: string, { kind }: Carrier): string {
  if (kind === 'mapped') return `/dev/mapper/zu-${name}`;
  return kind === 'file' || kind === 'unpacked' ? `$here/${name}.img` : `$here/shown/${name}`;
}

function attachLine(name: string, carrier: Carrier): string {
  switch (carrier.kind) {
    case 'nbd':
      return `attach_nbd ${name}`;
    case 'unpacked':
      return `[ -e "$here/${name}.img" ] || qemu-img convert -f qcow2 -O raw "$here/${name}.qcow2" "$here/${name}.img"`;
    case 'file':
      return `[ -e "$here/${name}.img" ]`;
    case 'loop':
      return `ln -s "$(losetup -f --show "$here/${name}.img")" "$here/shown/${name}"`;
    case 'mapped':
      return `attach_mapped ${name} "$origin_${name}" ${carrier.block ? 'block' : 'file'} ${carrier.sectors}`;
  }
}

function detachLine(name: string, { kind }: Carrier): string {
  switch (kind) {
    case 'nbd':
      return `qemu-nbd --disconnect "$(readlink "$here/shown/${name}")"; rm "$here/shown/${name}"`;
    case 'loop':
      return `losetup -d "$(readlink "$here/shown/${name}")"; rm "$here/shown/${name}"`;
    case 'mapped':
      return `detach_mapped ${name}`;
    default:
      return `# ${name}.img is a file: nothing to take away`;
  }
}

function functionsFor(devices: readonly ScriptDevice[]): string[] {
  const has = (kind: Carrier['kind']): boolean => devices.some(({ carrier }) => carrier.kind === kind);
  return [...(has('nbd') ? attachNbd(devices.length) : []), ...(has('mapped') ? ATTACH_MAPPED : [])];
}

/** A device that another process holds is passed over. Source: qemu-nbd(8); Linux, drivers/block/nbd.c, pid */
const attachNbd = (count: number): string[] => [
  `[ -e /sys/block/nbd0 ] || [ "\${1:-}" != attach ] || modprobe nbd nbds_max=${Math.max(16, count + 4)} max_part=0`,
  'attach_nbd() {',
  '  n=0',
  '  while [ -e "/sys/block/nbd$n" ]; do',
  '    if [ ! -e "/sys/block/nbd$n/pid" ] && qemu-nbd --connect="/dev/nbd$n" --format=qcow2 "$here/$1.qcow2"; then',
  '      ln -s "/dev/nbd$n" "$here/shown/$1"',
  '      return 0',
  '    fi',
  '    n=$((n + 1))',
  '  done',
  '  echo "no free /dev/nbd for $1: modprobe -r nbd, then modprobe nbd nbds_max=64" >&2',
  '  return 1',
  '}',
  '',
];

/** The tables name devices by number: a path may hold what a table takes for its own. Source: dmsetup(8), losetup(8) */
const ATTACH_MAPPED: readonly string[] = [
  'number_of() {',
  '  printf "%d:%d" "0x$(stat -L -c %t "$1")" "0x$(stat -L -c %T "$1")"',
  '}',
  '# NAME ORIGIN block|file SECTORS',
  'attach_mapped() {',
  '  origin=$2',
  '  if [ "$3" = file ]; then origin=$(losetup -r -f --show "$2"); fi',
  '  patch=$(losetup -r -f --show "$here/$1.patch")',
  '  sed -e "s/ORIGIN/$(number_of "$origin")/" -e "s/PATCH/$(number_of "$patch")/" "$here/$1.table" |',
  '    dmsetup create --readonly "zu-$1-patched"',
  '  [ -e "$here/$1.cow" ] || truncate -s 20G "$here/$1.cow"',
  '  cow=$(losetup -f --show "$here/$1.cow")',
  '  dmsetup create "zu-$1" --table "0 $4 snapshot /dev/mapper/zu-$1-patched $cow P 8"',
  '  # Held by the mappings alone, the loop devices go with them.',
  '  losetup -d "$patch" "$cow"',
  '  if [ "$3" = file ]; then losetup -d "$origin"; fi',
  '}',
  'detach_mapped() {',
  '  dmsetup remove "zu-$1"',
  '  dmsetup remove "zu-$1-patched"',
  '}',
  '',
];
