import { OBJECT_TYPE } from '../../format/objectTypes.ts';

/** What of an entry of a ZAP is no name that somebody gave. */
export interface Stays {
  readonly name: boolean;
  /** Also a value that is text, or bytes. Numbers always stay. */
  readonly bytes: boolean;
}

const ALL: Stays = { name: true, bytes: true };
const NAME: Stays = { name: true, bytes: false };
const NOTHING: Stays = { name: false, bytes: false };

/** Object types, as in format/objectTypes, by who chooses the names in them. */
const BY_ZFS: ReadonlySet<number> = new Set([OBJECT_TYPE.objectDirectory, 42, 46, 47]);
const PROPERTIES: ReadonlySet<number> = new Set([15, 24, 31]);
const NUMBERS: ReadonlySet<number> = new Set([22, 28, 37, 38, 39, 40, 48, 50, 52]);
/** Names of datasets, snapshots, files, holds, and who may do what. */
const BY_PEOPLE: ReadonlySet<number> = new Set([13, 14, OBJECT_TYPE.directory, 32, 41]);
/** Master nodes have names of their own kind only. */
const MASTER_NODES: ReadonlySet<number> = new Set([21, 45]);

/** Who begins the names of features and of what they keep; users' properties begin otherwise. */
const VENDORS =
  /^(com\.(datto|delphix|fudosecurity|intel|ixsystems|joyent|klarasystems|nexenta|truenas|zfsonlinux)|org\.(freebsd|illumos|open-?zfs|zfsonlinux)):/;
const OF_ZFS_ITSELF = /^\$(MOS|FREE|ORIGIN)$/;
const NUMBER = /^[0-9a-f]{1,16}$/;

/**
 * Which names and values of a ZAP a bundle without names keeps: those that ZFS itself chooses.
 *
 * @param type of the object
 * @param name null for one that is no text
 * @param integer the value, where it is one number
 */
export function stays(type: number, name: string | null, integer: bigint | null): Stays {
  if (name === null || BY_ZFS.has(type)) return ALL;
  if (BY_PEOPLE.has(type)) return OF_ZFS_ITSELF.test(name) ? NAME : NOTHING;
  // A property that a user made up has a colon in its name.
  if (PROPERTIES.has(type)) return name.includes(':') ? NOTHING : NAME;
  if (MASTER_NODES.has(type)) return name.includes(':') ? NOTHING : NAME;
  if (NUMBERS.has(type)) return /^[0-9a-f:-]+$/.test(name) ? NAME : NOTHING;
  if (VENDORS.test(name)) return ALL;
  if (/^DSL_CRYPTO_/.test(name)) return NAME;
  // Objects by txg, sets of numbers. What people name here, bookmarks, has more for a value than one number.
  return NUMBER.test(name) && integer !== null ? NAME : NOTHING;
}
