import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { CACHE, imageIn } from '../../bin/images.js';

/** What real ZFS answered for one txg of a pool. */
export interface KernelAnswer {
  /** A number as zpool exits with, or what became of the machine. */
  readonly rc: number | 'panic' | 'hang';
  /** The txg that was really loaded. */
  readonly used: number;
  /** `metadata,data` errors of load verification; empty is 0,0. */
  readonly errs: string;
  readonly health: string;
  readonly msg: string;
}

/** What `zpool import -N -f` with these options answered. */
export interface CheckpointAnswer {
  readonly options: readonly string[];
  readonly rc: number;
  /** The state of the checkpoint was loaded, not another. */
  readonly loads: boolean;
  readonly errs: string;
}

export interface Truth {
  /** Whose answers they are, such as `2.4.4 (libzpool)`; absent: the kernel module of 2.3.2. */
  readonly zfs?: string;
  readonly images: readonly string[];
  readonly pool: string;
  readonly extra: string | null;
  readonly asked: readonly number[];
  readonly answers: {
    readonly plain: KernelAnswer | null;
    readonly plainF: KernelAnswer | null;
    readonly ro: Readonly<Record<string, KernelAnswer>>;
    readonly rw: Readonly<Record<string, KernelAnswer>>;
  };
  /** Where the kernel was asked for the pool's checkpoint. */
  readonly checkpoint?: { readonly txg: string; readonly asked: readonly CheckpointAnswer[] };
}

/**
 * What the OpenZFS of that line answered for the pool in `folder`: a `truth-LINE.json` beside its images, or, of a
 * collection, a file of the pool's name in a folder `truth-LINE` beside it; the `truth.json` is of the line that it says.
 * Null where it was not asked.
 */
export function truthOf(folder: string, line = '2.3'): Truth | null {
  const collection = dirname(folder);
  for (const path of [
    join(folder, `truth-${line}.json`),
    join(dirname(collection), `truth-${line}`, `${basename(folder)}.json`),
    join(folder, 'truth.json'),
  ]) {
    if (!existsSync(path)) continue;
    const truth = JSON.parse(readFileSync(path, 'utf8')) as Truth;
    if ((truth.zfs ?? '2.3.2').startsWith(`${line}.`)) return truth;
  }
  return null;
}

/** A pool written by real ZFS, with what real ZFS says of it. */
export interface PoolFixture {
  readonly name: string;
  readonly dir: string;
  readonly images: readonly string[];
  readonly truth: Truth;
}

const ROOT = join(import.meta.dirname, '..', '..');
/** More folders laid out like test-images, as a list of paths: the same tests then run over their pools too. */
const MORE = (process.env['ZFS_UBER_POOLS'] ?? '').split(delimiter).filter((folder) => folder !== '');
const FOLDERS = [join(ROOT, 'test-images'), ...MORE];

/** The pools that are kept with the repository, and those of the folders that `ZFS_UBER_POOLS` names; one of a name. */
export function pools(): PoolFixture[] {
  const found = new Map<string, PoolFixture>();
  for (const folder of FOLDERS) {
    for (const name of readdirSync(folder)) {
      const dir = join(folder, name);
      if (found.has(name) || !existsSync(join(dir, 'truth.json'))) continue;
      const truth = JSON.parse(readFileSync(join(dir, 'truth.json'), 'utf8')) as Truth;
      found.set(name, { name, dir, images: truth.images, truth });
    }
  }
  return [...found.values()];
}

/** The pool of that name. @throws Error when it is not there: a test that needs it cannot run */
export function pool(name: string): PoolFixture {
  const found = pools().find((each) => each.name === name);
  if (found === undefined) throw new Error(`no pool ${name} in ${FOLDERS.join(' or ')}`);
  return found;
}

/** Path of an unpacked image; a cached file that all tests share, so never write to it. */
export function poolImage(fixture: PoolFixture, image: string): Promise<string> {
  return imageIn(fixture.dir, image);
}

/** Paths of all unpacked images of a pool, in the order of its truth. */
export function poolImages(fixture: PoolFixture): Promise<string[]> {
  return Promise.all(fixture.images.map((image) => poolImage(fixture, image)));
}

/** Where test/tools/fetch-test-pools unpacks what OpenZFS publishes. */
const PUBLISHED = {
  'zfs-test': join(CACHE, 'openzfs-test-pools'),
  'zfs-images': join(CACHE, 'openzfs-images'),
} as const;

/** Paths of images that OpenZFS publishes; null where they were not fetched. */
export function publicImages(from: keyof typeof PUBLISHED, images: readonly string[]): string[] | null {
  const paths = images.map((image) => join(PUBLISHED[from], image));
  return paths.every((path) => existsSync(path)) ? paths : null;
}

/**
 * Paths of OpenZFS's own test pools (versions 1 to 15, both byte orders), one vdev a file; empty where they were not
 * fetched: see test/tools/fetch-test-pools.
 */
export function testPools(): string[] {
  const folder = PUBLISHED['zfs-test'];
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => join(folder, file));
}
