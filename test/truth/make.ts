import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawDamage, hurt } from './damage.ts';
import { Draw } from './draw.ts';
import { drawHistory, tell } from './histories.ts';
import { LAYOUTS, layoutOf } from './layouts.ts';
import { type Story, specOf } from './story.ts';

const MIB = 1024 * 1024;
const TIB = 1024 * 1024 * MIB;

/** What a pool is made of; the seed alone decides it where nothing is asked for. */
export interface Recipe {
  readonly seed: number;
  readonly layout: string;
  readonly history: string;
  readonly damage: string;
  readonly options: readonly string[];
  readonly sizeBytes: number;
}

export interface MadePool {
  readonly recipe: Recipe;
  /** Folder of what is given. */
  readonly folder: string;
  readonly images: readonly string[];
  /** Commands that umake could not do. */
  readonly failed: readonly string[];
}

const FEATURES = [
  'all',
  'all',
  'all',
  'none',
  'all,-log_spacemap',
  'all,-spacemap_v2',
  'all,-vdev_zaps_v2',
  'all,-block_cloning',
  'all,-hole_birth',
  'all,-fast_dedup',
  'all,-device_rebuild,-raidz_expansion,-block_cloning,-fast_dedup,-redaction_list_spill',
  'lz4_compress,enabled_txg,hole_birth,embedded_data,extensible_dataset,spacemap_histogram',
];
const FEATURES_ONLY = 5000;
const VERSIONS = [3, 5, 10, 11, 15, 21, 26, 28];
/** Features that a layout or a history cannot be without, and the pool version since which there is such a thing. */
const NEEDS: Readonly<Record<string, readonly [features: readonly string[], since: number]>> = {
  draid: [['draid'], FEATURES_ONLY],
  draid2: [['draid'], FEATURES_ONLY],
  draid3: [['draid'], FEATURES_ONLY],
  raidz48: [[], 3],
  special: [['allocation_classes'], FEATURES_ONLY],
  specialMirror: [['allocation_classes'], FEATURES_ONLY],
  dedup: [['allocation_classes'], FEATURES_ONLY],
  everything: [['allocation_classes'], FEATURES_ONLY],
  raidz2: [[], 3],
  raidz3: [[], 17],
  log: [[], 7],
  logs: [[], 7],
  mirrorLog: [[], 7],
  mirrorLogMirror: [[], 7],
  checkpoint: [['zpool_checkpoint'], FEATURES_ONLY],
  checkpointRewind: [['zpool_checkpoint'], FEATURES_ONLY],
  remove: [['device_removal'], FEATURES_ONLY],
  removeHalfway: [['device_removal'], FEATURES_ONLY],
  removeTwo: [['device_removal'], FEATURES_ONLY],
  rebuild: [['device_rebuild'], FEATURES_ONLY],
  expand: [['raidz_expansion'], FEATURES_ONLY],
  expandTwice: [['raidz_expansion'], FEATURES_ONLY],
  expandHalfway: [['raidz_expansion'], FEATURES_ONLY],
  bigBlocks: [['large_blocks', 'extensible_dataset'], FEATURES_ONLY],
  quotas: [[], 21],
  encrypted: [['encryption', 'bookmarks', 'bookmark_v2', 'extensible_dataset'], FEATURES_ONLY],
  blockClones: [['block_cloning'], FEATURES_ONLY],
  holdsBookmarks: [['bookmarks', 'extensible_dataset'], FEATURES_ONLY],
  properties: [['zstd_compress', 'lz4_compress', 'skein', 'edonr', 'blake3', 'extensible_dataset'], FEATURES_ONLY],
  deduplicated: [[], 21],
  offlineLog: [[], 7],
};
const MIRRORS = ['mirror', 'mirror3', 'mirrors', 'mirrorLog', 'mirrorLogMirror', 'mixed'];
const CLASSES = ['log', 'logs', 'mirrorLog', 'mirrorLogMirror', 'special', 'specialMirror', 'dedup', 'everything'];
/** Layouts in which there is what a history is about; any that is not named can befall all. */
const SUITS: Readonly<Record<string, readonly string[]>> = {
  detach: MIRRORS,
  split: ['mirror', 'mirror3', 'mirrors'],
  remove: ['stripe', 'manyTops', 'mixed', 'single'],
  removeHalfway: ['stripe', 'manyTops', 'mixed'],
  removeTwo: ['stripe', 'manyTops'],
  rebuild: ['draid', 'draid2', 'draid3', ...MIRRORS],
  attachHalfway: ['single', 'stripe', ...MIRRORS],
  expand: ['raidz1', 'raidz2', 'raidz3', 'specialMirror', 'raidzPair'],
  expandTwice: ['raidz1', 'raidz2', 'raidz3'],
  expandHalfway: ['raidz1', 'raidz2', 'raidz3', 'raidzPair'],
  intentLog: ['single', 'raidz1', 'log', 'logs', 'mirrorLog', 'everything'],
  offlineLog: CLASSES,
  forcedClass: CLASSES,
  removeClass: ['log', 'logs', 'mirrorLog', 'mirrorLogMirror', 'special'],
  withoutLog: ['log', 'logs', 'mirrorLog', 'mirrorLogMirror', 'everything'],
  attachDetach: ['single', 'stripe', ...MIRRORS],
};

/** Most drawn layouts suit one of the histories. */
function drawLayout(draw: Draw, history: string): string {
  const suiting = history.split('+').flatMap((name) => SUITS[name] ?? []);
  return draw.one(suiting.length > 0 && draw.chance(0.8) ? suiting : LAYOUTS);
}

/** OpenZFS takes no file below 64 MiB; most are small because every answer copies them. */
const SIZES = [64, 64, 80, 96, 128, 128, 256, 1024].map((mib) => mib * MIB);
const LARGE = [40 * 1024 * MIB, 80 * 1024 * MIB, 200 * 1024 * MIB, TIB, 4 * TIB, 18 * TIB];

export interface Wanted {
  readonly layout?: string | undefined;
  readonly history?: string | undefined;
  readonly damage?: string | undefined;
}

export function recipeOf(seed: number, wanted: Wanted): Recipe {
  // Seed and kind make the same pool whether the kind was asked for or drawn.
  const kind = new Draw(seed ^ 0x2545f491);
  const history = wanted.history ?? drawHistory(kind);
  const layout = wanted.layout ?? drawLayout(kind, history);
  const damage = wanted.damage ?? drawDamage(kind);
  const draw = new Draw(seed);
  const options = [`ashift=${draw.one([9, 9, 10, 11, 12, 12, 12, 12, 13, 14, 15, 16])}`];
  const needs = [layout, ...history.split('+')].flatMap((name) => (NEEDS[name] === undefined ? [] : [NEEDS[name]]));
  const features = needs.flatMap(([names]) => names);
  const versions = VERSIONS.filter((version) => needs.every(([, since]) => version >= since));
  const old = versions.length > 0 && (history.includes('upgrade') || draw.chance(0.12));
  options.push(old ? `version=${draw.one(versions)}` : `features=${[draw.one(FEATURES), ...features].join(',')}`);
  const sizeBytes = draw.chance(0.15) ? draw.one(LARGE) : draw.one(SIZES);
  return {
    seed,
    layout,
    history,
    damage,
    options,
    sizeBytes: layout.startsWith('draid') ? Math.max(sizeBytes, 256 * MIB) : sizeBytes,
  };
}

export const kindOf = ({ layout, history, damage }: Recipe): string => `${layout}/${history}/${damage}`;

/** Begin and end of what is no hole of the file at `path`, as its file system knows. */
function dataRanges(umake: string, path: string): (readonly [number, number])[] {
  const { stdout } = spawnSync(umake, { input: `extents ${path}\n`, encoding: 'utf8', maxBuffer: 64 * MIB });
  return [...stdout.matchAll(/^EXTENT (\d+) (\d+)$/gm)].map(([, from, to]) => [Number(from), Number(to)]);
}

/**
 * Makes the pool of `recipe` below `base`, which is emptied before.
 *
 * @throws Error when umake does not end
 */
export async function makePool(recipe: Recipe, base: string, umake: string): Promise<MadePool> {
  rmSync(base, { recursive: true, force: true });
  const live = join(base, 'v');
  mkdirSync(live, { recursive: true });
  const draw = new Draw(recipe.seed ^ 0x5bd1e995);
  const layout = layoutOf(recipe.layout, draw, recipe.history.includes('spare') ? 1 : 0.15);
  const groups = layout.groups.map((group) => ({ ...group, images: [...group.images] }));
  const story: Story = { draw, layout, groups, lines: [], added: [], saved: [], options: [...recipe.options] };
  tell(recipe.history, story);
  const images = [...layout.groups.flatMap((group) => group.images), ...layout.spares, ...story.added];
  for (const image of images) {
    const fd = openSync(join(live, image), 'w');
    // Later devices are as large as the largest, so that they can take the place of any.
    ftruncateSync(fd, recipe.sizeBytes);
    closeSync(fd);
  }
  const script = [`seed ${recipe.seed}`, `create tank ${recipe.options.join(' ')} ${specOf(layout)}`, ...story.lines];
  const text = `${script.join('\n')}\n`.replaceAll('%', live).replaceAll('@/', `${base}/`);
  const { stdout, status, signal } = spawnSync(umake, {
    input: text,
    encoding: 'utf8',
    env: { ...process.env, UM: base },
    timeout: 120_000,
  });
  const failed = stdout.split('\n').filter((line) => line.startsWith('FAIL'));
  if (status !== 0) failed.push(`umake ended with ${status ?? signal}`);
  // A device that is missing must not be found where its label says it was.
  const folder = join(base, 'given');
  renameSync(live, folder);
  writeFileSync(join(base, 'script'), text);
  const before = story.saved.map((name) => join(base, name));
  await hurt(recipe.damage, { draw, now: folder, before, images, dataRanges: (path) => dataRanges(umake, path) });
  for (const each of before) rmSync(each, { recursive: true, force: true });
  return { recipe, folder, images: readdirSync(folder).sort(), failed };
}
