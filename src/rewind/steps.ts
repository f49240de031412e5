import type { ForeignKind } from '../source/foreign.ts';
import type { ImportCommands } from './commands.ts';
import { type ImportPlace, isAttached, type PlacedImage } from './importPlace.ts';
import type { Parameter } from './parameter.ts';
import type { Showing } from './showing.ts';
import type { System } from './systems.ts';

/**
 * One thing to do with a pool, after those before it and before those behind it.
 *
 * `open-images` makes the disks visible that are in disk images, until `close-images`;
 * `copy` makes files of what zpool opens as nothing else; `show-read-only`, `show-read-write` make the devices that zpool
 * opens, `repair-labels` copies devices and changes the labels of the copies, `detach` takes them away
 * again; `copy-out` gets at the data of an import that mounts nothing; `outrun` writes so many txgs that no newer uberblock
 * is left in the rings; `remove-log` ends the need to import without a log device, for which
 * `find-log` lists what to remove;
 * `set-parameters` tells OpenZFS to pass over something, for all pools, until `reset-parameters`; `cancel-removal` stops the
 * removal of a vdev; of a hot spare in use and what it stands in for `return-spare` gives up the spare, `keep-spare` the
 * other.
 *
 * Of what is no ZFS: `open-container` makes the device in which a pool may be; `list-holders` says what holds a device
 * busy, `list-signatures` what is signed on it; `wipe-copy` takes a signature off a copy; `read-table` has the system look
 * at a partition table, `repair-table` writes it anew on a copy; `read-part` reads a part of a file or device with this
 * tool. `lay-overlay` makes overlays of vdevs that have no labels.
 */
export type Step =
  | {
      readonly kind: 'copy' | 'show-read-only' | 'show-read-write' | 'detach';
      readonly showings: readonly Showing[];
    }
  | { readonly kind: 'open-images'; readonly images: readonly PlacedImage[]; readonly readOnly: boolean }
  | { readonly kind: 'close-images'; readonly images: readonly PlacedImage[] }
  | { readonly kind: 'import-read-only' | 'import-read-write'; readonly command: readonly string[] }
  | { readonly kind: 'copy-out'; readonly pool: string; readonly encrypted: boolean }
  | { readonly kind: 'outrun'; readonly pool: string; readonly syncs: bigint }
  /** Guids of top-level log vdevs. */
  | { readonly kind: 'remove-log'; readonly pool: string; readonly guids: readonly bigint[] }
  /** Where no config that reads names them. */
  | { readonly kind: 'find-log'; readonly pool: string }
  | {
      readonly kind: 'repair-labels';
      /** A device that left the pool gets its txg back; one that was faulted by force has that forgotten. */
      readonly repair: 'txg' | 'fault';
      /** With the copies to make. */
      readonly showings: readonly Showing[];
    }
  | { readonly kind: 'export'; readonly pool: string }
  | { readonly kind: 'open-container'; readonly container: ForeignKind; readonly place: ImportPlace }
  | {
      readonly kind: 'list-holders' | 'list-signatures' | 'read-table' | 'repair-table' | 'read-part';
      readonly place: ImportPlace;
    }
  /** `at`: byte of the place. */
  | { readonly kind: 'wipe-copy'; readonly place: ImportPlace; readonly at: number }
  | {
      readonly kind: 'lay-overlay';
      readonly vdevs: readonly ImportPlace[];
    }
  | { readonly kind: 'cancel-removal'; readonly pool: string }
  | { readonly kind: 'return-spare' | 'keep-spare'; readonly pool: string; readonly guid: bigint }
  | {
      readonly kind: 'set-parameters' | 'reset-parameters';
      readonly parameters: readonly Parameter[];
      /** That imports the pool. */
      readonly system: System;
    };

/** A forged txg may be anything: so many syncs nobody waits for. */
const MOST_SYNCS = 100000n;

/** Txgs to write from `txg` on until `newest` is no longer the newest; null where nobody waits for so many. */
export function syncsFrom(txg: bigint, newest: bigint): bigint | null {
  const syncs = newest - txg + 1n;
  return syncs > MOST_SYNCS ? null : syncs;
}

export interface Plan {
  readonly commands: ImportCommands;
  /** Of the devices that the commands name. */
  readonly showings: readonly Showing[];
  readonly encrypted: boolean;
  /** A read-write import is promised. */
  readonly writes: boolean;
  /** Txgs to write until no newer uberblock is left; null where there is none, or nobody waits for so many. */
  readonly syncs: bigint | null;
  /** Null where no log is missing. */
  readonly lostLogs: readonly bigint[] | null;
}

/** What leads to a read-only import, in order. */
export function stepsToImport({ readOnly }: ImportCommands, showings: readonly Showing[]): Step[] {
  if (readOnly.length === 0) return [];
  return [...showingSteps(showings), { kind: 'import-read-only', command: withAltroot(readOnly) }];
}

/** What makes the devices that `zpool import` is given, for reading; nothing for those that it opens as they are. */
export const showingSteps = (showings: readonly Showing[]): Step[] => [
  ...openImages(imagesOf(showings), true),
  ...some(
    'copy',
    showings.filter(({ copy }) => copy !== ''),
  ),
  ...some('show-read-only', showings.filter(isMade)),
];

/**
 * All that is to be done, in order: to get the data out, and, where that is promised, to write to the pool again. What
 * was shown read-only is taken away before it is shown read-write, and the pool is exported before either.
 */
export function stepsOf({ commands, showings, encrypted, writes, syncs, lostLogs }: Plan): Step[] {
  const { readOnly, readWrite, pool } = commands;
  if (readOnly.length === 0) return [];
  const made = showings.filter(isMade);
  const images = imagesOf(showings);
  const close: Step[] = [{ kind: 'export', pool }, ...some('detach', made), ...closeImages(images)];
  const read: Step[] = [...stepsToImport(commands, showings), { kind: 'copy-out', pool, encrypted }, ...close];
  if (!writes || readWrite.length === 0) return read;
  return [
    ...read,
    ...openImages(images.filter(isAttached), false),
    ...some('show-read-write', made),
    { kind: 'import-read-write', command: readWrite },
    ...(syncs === null ? [] : [{ kind: 'outrun' as const, pool, syncs }]),
    ...(lostLogs === null ? [] : [logStep(pool, lostLogs)]),
    ...close,
  ];
}

const logStep = (pool: string, guids: readonly bigint[]): Step =>
  guids.length === 0 ? { kind: 'find-log', pool } : { kind: 'remove-log', pool, guids };

type ShowingStep = Exclude<Extract<Step, { readonly showings: unknown }>, { readonly repair: unknown }>;

const some = (kind: ShowingStep['kind'], showings: readonly Showing[]): Step[] =>
  showings.length === 0 ? [] : [{ kind, showings }];

/** A device that is there only until it is taken away again. */
const openImages = (images: readonly PlacedImage[], readOnly: boolean): Step[] =>
  images.length === 0 ? [] : [{ kind: 'open-images', images, readOnly }];

/** What is a copy stays: it holds what a read-write import wrote. */
function closeImages(images: readonly PlacedImage[]): Step[] {
  const attached = images.filter(isAttached);
  return attached.length === 0 ? [] : [{ kind: 'close-images', images: [...attached].reverse() }];
}

/** The images that the vdevs lie in, each once. */
const imagesOf = (showings: readonly Showing[]): PlacedImage[] => [
  ...new Set(showings.flatMap(({ place }) => (place.image === null ? [] : withInner(place.image)))),
];

/** First those that a volume lies in. */
const withInner = (image: PlacedImage): PlacedImage[] => [
  ...image.parts.flatMap(({ on }) => (on === null || on.image === null ? [] : withInner(on.image))),
  image,
];

const isMade = ({ kind }: Showing): boolean => kind === 'loop' || kind === 'padded' || kind === 'padded-copy';

/** Below it everything is mounted: at their own places the filesystems would cover those of the running system. */
export const ALTROOT = '/mnt';

/** The command with an alternate root, behind the options that all have. */
function withAltroot(command: readonly string[]): string[] {
  const at = command.indexOf('-N');
  return [...command.slice(0, at), '-R', ALTROOT, ...command.slice(at)];
}
