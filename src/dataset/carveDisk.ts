import type { Engine } from '../block/engine.ts';
import { unlessStopped } from '../bytes/stopping.ts';
import { SECTOR } from '../bytes/units.ts';
import type { Blkptr } from '../format/blkptr.ts';
import type { Uberblock } from '../format/uberblock.ts';
import { type CarveOptions, Carver, type CarveState, type Carving } from '../pool/carve/carveSource.ts';
import type { CarvedObjset } from '../pool/carve/keptObjsets.ts';
import { pointerTo } from '../pool/carve/metObjset.ts';
import type { FoundVdev } from '../pool/provenVdevs.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { surveyDevice } from '../pool/surveyDevice.ts';
import { LABEL_START } from '../pool/vdevLeaf.ts';
import { readOrNull } from '../source/readOrNull.ts';
import { type ByteSource, slice } from '../source/source.ts';
import { USUAL_BASES } from '../source/usualBases.layout.ts';
import { type FollowedRoot, followRoot, type ProvenBase, proveBase } from './carvedRoot.ts';

/** Roots of one base that are followed, the newest, and of all. */
const MOST_FOLLOWED = { ofBase: 4, inAll: 16 } as const;
/** Roots for which bases are tried that nothing speaks for, and the longest block that is read for one. */
const MOST_SEARCHES = 4;
const LONGEST_TRIED = 128 * 1024;

/** Where partitioning tools begin partitions: the first 8 GiB. */
const STRIDES = Array.from({ length: 8192 }, (_, i) => i * 1024 * 1024);

export interface CarveDiskOptions extends Omit<CarveOptions, 'engine'> {
  readonly engine: Engine;
  /** Where partitions begin, as far as a table says. */
  readonly partitions?: readonly number[] | undefined;
}

/** A vdev that was found by units of its labels. */
export interface CarvedVdev extends FoundVdev {
  readonly survey: DeviceSurvey;
  /** Of valid ones in its rings. */
  readonly uberblocks: { readonly count: number; readonly newest: Uberblock | null; readonly oldest: Uberblock | null };
  /** What the newest leads to, where no label has a config; else null. */
  readonly followed: FollowedRoot | null;
  /** Where it leads, where that was followed: the byte of the disk, and the id of the vdev. */
  readonly root: { readonly at: number; readonly vdev: number } | null;
}

/** A meta-object set that no uberblock on the disk leads to. */
export interface CarvedRoot {
  readonly objset: CarvedObjset;
  /** Where its vdev begins; null where that could not be proven. */
  readonly proven: ProvenBase | null;
  /** Null where the base is not proven, and for older roots of a base. */
  readonly followed: FollowedRoot | null;
}

export interface CarvedDisk extends Omit<Carving, 'roots' | 'vdevs'> {
  readonly vdevs: readonly CarvedVdev[];
  /** The newest first. */
  readonly roots: readonly CarvedRoot[];
  /** To go on from. */
  readonly state: CarveState;
}

/**
 * Looks through a whole disk for what is left of pools: vdevs by labels and uberblocks anywhere, and the roots of pools
 * that no uberblock leads to.
 *
 * @param disk what of it cannot be read its `failures` are told
 * @returns when `options.signal` is aborted what was found by then
 */
export async function carveDisk(disk: ByteSource, options: CarveDiskOptions): Promise<CarvedDisk> {
  const { engine, signal, partitions = [], ...rest } = options;
  const carver = new Carver(disk, { ...rest, engine, signal });
  const carving = await carver.run();
  const vdevs: CarvedVdev[] = [];
  for (const found of carving.vdevs) vdevs.push(await surveyed(disk, found, engine, signal));
  const roots = await unlessStopped(
    signal,
    () => followRoots(disk, carving.roots, vdevs, { engine, signal, partitions }),
    () => carving.roots.map((objset): CarvedRoot => ({ objset, proven: null, followed: null })),
  );
  return { ...carving, vdevs, roots, state: carver.state };
}

async function surveyed(
  disk: ByteSource,
  found: FoundVdev,
  engine: Engine,
  signal: AbortSignal | undefined,
): Promise<CarvedVdev> {
  const survey = await surveyDevice(found.source, engine);
  const valid = validUberblocks(survey);
  const byTxg = valid.sort((a, b) => (a.txg < b.txg ? -1 : a.txg > b.txg ? 1 : 0));
  const newest = byTxg.at(-1) ?? null;
  const uberblocks = { count: new Set(valid.map(({ txg }) => txg)).size, newest, oldest: byTxg[0] ?? null };
  const alone = survey.config === null && newest !== null;
  const led = alone
    ? await unlessStopped(
        signal,
        () => followNewest(disk, found, survey, newest, engine, signal),
        () => null,
      )
    : null;
  return { ...found, survey, uberblocks, followed: led?.followed ?? null, root: led?.root ?? null };
}

const VALID: ReadonlySet<string> = new Set(['valid', 'mmp']);

const validUberblocks = ({ labels }: DeviceSurvey): Uberblock[] =>
  labels.flatMap(({ ring }) =>
    (ring?.slots ?? []).flatMap(({ state, uberblock }) => (VALID.has(state) && uberblock !== null ? [uberblock] : [])),
  );

async function followNewest(
  disk: ByteSource,
  { start }: FoundVdev,
  survey: DeviceSurvey,
  newest: Uberblock,
  engine: Engine,
  signal: AbortSignal | undefined,
): Promise<Pick<CarvedVdev, 'followed' | 'root'> | null> {
  const proven = await proveBase(disk, newest.rootbp, [start], engine, signal);
  if (proven === null) return null;
  const { vdev } = proven;
  const dva = newest.rootbp.dvas.find((each) => each.vdev === vdev);
  const root = dva === undefined ? null : { at: start + LABEL_START + Number(dva.offset) * SECTOR, vdev };
  return { followed: await followRoot(survey, vdev, newest, engine, signal), root };
}

type FollowOptions = Pick<CarveDiskOptions, 'engine' | 'signal'> & { readonly partitions: readonly number[] };

async function followRoots(
  disk: ByteSource,
  objsets: readonly CarvedObjset[],
  vdevs: readonly CarvedVdev[],
  { engine, signal, partitions }: FollowOptions,
): Promise<CarvedRoot[]> {
  const isLedTo = ledTo(vdevs);
  const bases = new Set(vdevs.map(({ start }) => start));
  const likely = [...new Set([...partitions, ...USUAL_BASES.map(({ base }) => base)])];
  const surveys = new Map<number, DeviceSurvey>(vdevs.map(({ start, survey }) => [start, survey]));
  const followedOf = new Map<number, number>();
  let [searches, inAll] = [0, 0];
  const roots: CarvedRoot[] = [];
  for (const objset of objsets) {
    if (isLedTo(objset)) continue;
    const prove = (from: Iterable<number>) => proveBase(disk, objset.pointer, from, engine, signal);
    let proven = await prove(basesBelow(objset, [...bases, ...likely]));
    if (proven === null && objset.pointer.psize <= LONGEST_TRIED && searches++ < MOST_SEARCHES) {
      proven = await prove(basesBelow(objset, STRIDES));
    }
    let followed: FollowedRoot | null = null;
    if (proven !== null) {
      const { base } = proven;
      bases.add(base);
      const ofBase = followedOf.get(base) ?? 0;
      if (ofBase < MOST_FOLLOWED.ofBase && inAll < MOST_FOLLOWED.inAll) {
        followedOf.set(base, ofBase + 1);
        inAll++;
        const survey = surveys.get(base) ?? (await surveyDevice(slice(disk, base, disk.size - base), engine));
        surveys.set(base, survey);
        const rootbp = await rootPointer(disk, objset, proven, engine);
        if (rootbp !== null)
          followed = await followRoot(survey, proven.vdev, { rootbp, txg: objset.txg }, engine, signal);
      }
    }
    roots.push({ objset, proven, followed });
  }
  return roots;
}

/**
 * Whether an uberblock of a vdev leads to the object set: to where a copy of it is, as bytes of the disk. What lies on a
 * raidz or dRAID is elsewhere than addresses say: there the txg alone tells.
 */
function ledTo(vdevs: readonly CarvedVdev[]): (objset: CarvedObjset) => boolean {
  const places = new Set<number>();
  const spread: { readonly from: number; readonly to: number; readonly txgs: ReadonlySet<bigint> }[] = [];
  for (const { start, survey, source } of vdevs) {
    const valid = validUberblocks(survey);
    for (const { rootbp } of valid) {
      for (const { offset } of rootbp.dvas) places.add(start + LABEL_START + Number(offset) * SECTOR);
    }
    const type = survey.config?.vdevTree?.type;
    if (type !== 'raidz' && type !== 'draid') continue;
    spread.push({ from: start, to: start + source.size, txgs: new Set(valid.map(({ txg }) => txg)) });
  }
  return ({ copies, txg }) =>
    copies.some((at) => places.has(at) || spread.some(({ from, to, txgs }) => from <= at && at < to && txgs.has(txg)));
}

/** Those from which the object set lies behind the labels, each once. */
const basesBelow = ({ copies }: CarvedObjset, bases: readonly number[]): number[] =>
  [...new Set(bases)].filter((base) => copies.some((at) => base >= 0 && at >= base + LABEL_START));

/**
 * A pointer to the object set as an uberblock of its txg had it, less its other copies.
 *
 * @param unit bytes that space is allocated by on its vdev
 * @returns null where it cannot be read, or lies before the vdev has room for it
 */
export async function rootPointer(
  disk: ByteSource,
  objset: CarvedObjset,
  { base, vdev }: ProvenBase,
  engine: Engine,
  unit: number = SECTOR,
): Promise<Blkptr | null> {
  const psize = Math.ceil(objset.psize / unit) * unit;
  const at = objset.copies.find((copy) => copy >= base + LABEL_START);
  const stored = at === undefined ? null : await readOrNull(disk, at, psize);
  if (at === undefined || stored === null) return null;
  const place = { source: disk.name, offset: at, path: ['root'] };
  return pointerTo({ ...objset, psize }, stored, { vdev, offset: at - base - LABEL_START }, { engine, place });
}
