import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { asGuid, type Guid } from '../bytes/units.ts';
import { uint64Of } from '../format/nvlistFields.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import type { Attempt } from './blockRead.ts';
import { type DraidShape, diskOfSpare, draidMap } from './draidMap.ts';
import { draidPermutations, shuffleDomains } from './draidPermutations.ts';
import { RaidzLayout, type Spreading, sectorOf } from './raidz.ts';
import type { BlockTask, Fetched, VdevLayout } from './vdevLayout.ts';

/** Source: include/sys/fs/zfs.h, VDEV_DRAID_MAXPARITY and VDEV_DRAID_MAX_CHILDREN; vdev_draid_init */
const MAX = { parity: 3, children: 255, spares: 100, groups: 255 } as const;

/** A dRAID as its distributed spares see it. */
interface DraidDisks {
  readonly shape: DraidShape;
  readonly children: readonly VdevLayout[];
}

/** The dRAIDs of a tree by guid. A distributed spare stands below the vdev whose space it is, so it looks later. */
export class Draids {
  readonly #disks = new Map<Guid, DraidDisks>();
  readonly #spares = new Set<string>();

  add(guid: Guid, disks: DraidDisks): void {
    this.#disks.set(guid, disks);
  }

  /**
   * False for a spare that takes a second disk's place, which would allow it to lead to itself.
   */
  claim(guid: Guid, spare: number): boolean {
    const key = `${guid}-${spare}`;
    if (this.#spares.has(key)) return false;
    this.#spares.add(key);
    return true;
  }

  /** The disk that is spare `spare` at byte `offset` of every disk. */
  diskOfSpare(guid: Guid, spare: number, offset: number): VdevLayout | null {
    const disks = this.#disks.get(guid);
    if (disks === undefined || spare >= disks.shape.nspares) return null;
    return disks.children[diskOfSpare(disks.shape, spare, offset)] ?? null;
  }
}

/**
 * The layout of dRAID vdev `config`: raidz with another map.
 *
 * @param ashift of its top-level vdev
 * @throws FormatError for a shape that no dRAID has
 */
export function draidLayout(
  name: string,
  config: VdevConfig,
  ashift: number | null,
  children: readonly VdevLayout[],
  draids: Draids,
): RaidzLayout {
  const place: Place = { source: name, offset: 0, path: [] };
  const shape = draidShape(config, children.length, sectorOf(ashift, place), place);
  draids.add(config.guid, { shape, children });
  const { sector, mapOf } = spreadingOf(shape, place);
  return new RaidzLayout(name, children, sector, mapOf);
}

/** How dRAID vdev `config` spreads blocks. @throws FormatError for a shape that no dRAID has */
export function draidSpreading(config: VdevConfig, ashift: number | null, width: number, place: Place): Spreading {
  return spreadingOf(draidShape(config, width, sectorOf(ashift, place), place), place);
}

const spreadingOf = (shape: DraidShape, place: Place): Spreading => ({
  sector: shape.sector,
  mapOf: (offset, size) => draidMap(shape, offset, size, place),
});

/** Source: module/zfs/vdev_draid.c, vdev_draid_init */
function draidShape(config: VdevConfig, width: number, sector: number, place: Place): DraidShape {
  const { draid, nparity } = config;
  const wrong = (what: string, expected: string, found: unknown) =>
    new FormatError('format-value', `${what} of a dRAID`, expected, `${found}`, place);
  if (draid === null) throw wrong('shape', 'one in the config', 'none');
  const { ndata, nspares, ngroups } = draid;
  const within = (what: string, n: number | null, least: number, most: number): number => {
    if (n === null || !(n >= least && n <= most)) throw wrong(what, `${least} to ${most}`, n);
    return n;
  };
  const parity = within('parity', nparity, 1, MAX.parity);
  within('width', width, 2, MAX.children);
  const domain = within('failure domain', draid.nchildren ?? width, 2, width);
  if (width % domain !== 0) throw wrong('failure domain', `a divisor of ${width}`, domain);
  const domains = width / domain;
  within('spares', nspares, 0, MAX.spares);
  within('data disks', ndata, 1, domain - parity - Math.ceil(nspares / domains));
  within('groups', ngroups, domains, MAX.groups);
  if (((ndata + parity) * ngroups) % (width - nspares) !== 0) throw wrong('groups', 'whole rows in a slice', ngroups);
  const permutations = shuffleDomains(draidPermutations(domain, place), width, place);
  return { sector, ndata, nparity: parity, nspares, ngroups, width, permutations };
}

/**
 * A distributed spare: space kept free on all disks of a dRAID, at every place on another one. Its label is nowhere,
 * its bytes are those of that disk.
 *
 * Source: module/zfs/vdev_draid.c, vdev_draid_spare_io_start
 */
class DraidSpareLayout implements VdevLayout {
  readonly name: string;
  readonly copies = 1;
  readonly #draids: Draids;
  readonly #guid: Guid;
  readonly #spare: number;

  constructor(name: string, draids: Draids, guid: Guid, spare: number) {
    this.name = name;
    this.#draids = draids;
    this.#guid = guid;
    this.#spare = spare;
  }

  #disk(offset: number): VdevLayout | null {
    return this.#draids.diskOfSpare(this.#guid, this.#spare, offset);
  }

  get #absent(): Attempt {
    return { place: null, vdev: this.name, outcome: 'absent', error: null };
  }

  place(offset: number): Place | null {
    return this.#disk(offset)?.place(offset) ?? null;
  }

  async read(offset: number, size: number, task: BlockTask): Promise<Uint8Array | null> {
    const disk = this.#disk(offset);
    if (disk !== null) return disk.read(offset, size, task);
    task.attempts.push(this.#absent);
    return null;
  }

  async fetch(offset: number, size: number, signal?: AbortSignal): Promise<Uint8Array | Attempt> {
    return this.#disk(offset)?.fetch(offset, size, signal) ?? this.#absent;
  }

  async fetchAll(offset: number, size: number, signal?: AbortSignal): Promise<readonly (Fetched | Attempt)[]> {
    return this.#disk(offset)?.fetchAll(offset, size, signal) ?? [this.#absent];
  }
}

/** @throws FormatError for one that does not say whose spare it is, or takes the places of two disks */
export function draidSpareLayout(name: string, config: VdevConfig, draids: Draids): DraidSpareLayout {
  const place: Place = { source: name, offset: 0, path: [] };
  const guid = uint64Of(config.nvlist, 'top_guid');
  const spare = uint64Of(config.nvlist, 'spareid');
  if (guid === null || spare === null || spare >= BigInt(MAX.spares)) {
    throw new FormatError('format-value', 'distributed spare', 'top_guid and spareid below 100', `${spare}`, place);
  }
  const top = asGuid(guid);
  if (!draids.claim(top, Number(spare))) {
    throw new FormatError('format-value', 'distributed spare', 'one that takes one place', 'a second one', place);
  }
  return new DraidSpareLayout(name, draids, top, Number(spare));
}
