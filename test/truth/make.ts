import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DAMAGES } from './damage.ts';
import { Draw } from './draw.ts';
import { HISTORIES, type Story, specOf } from './histories.ts';
import { LAYOUTS, layoutOf } from './layouts.ts';

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
  'lz4_compress,enabled_txg,hole_birth,embedded_data,extensible_dataset,spacemap_histogram',
];
const VERSIONS = [1, 3, 5, 10, 11, 15, 21, 26, 28];
/** Features that a layout cannot be made without, and the pool versions that know it; any that is not named needs none. */
const NEEDS: Readonly<Record<string, readonly [features: readonly string[], versions: readonly number[]]>> = {
  draid: [['draid'], []],
  special: [['allocation_classes'], []],
  specialMirror: [['allocation_classes'], []],
  dedup: [['allocation_classes'], []],
  raidz2: [[], VERSIONS.filter((version) => version >= 3)],
  raidz3: [[], VERSIONS.filter((version) => version >= 17)],
  log: [[], VERSIONS.filter((version) => version >= 7)],
  mirrorLog: [[], VERSIONS.filter((version) => version >= 7)],
  mirrorLogMirror: [[], VERSIONS.filter((version) => version >= 7)],
};
/** OpenZFS takes no file below 64 MiB; most are small because every answer copies them. */
const SIZES = [64, 64, 80, 96, 128, 128, 256, 1024].map((mib) => mib * MIB);
const LARGE = [40 * 1024 * MIB, 200 * 1024 * MIB, TIB, 4 * TIB];

export interface Wanted {
  readonly layout?: string | undefined;
  readonly history?: string | undefined;
  readonly damage?: string | undefined;
}

export function recipeOf(seed: number, wanted: Wanted): Recipe {
  const draw = new Draw(seed);
  const layout = wanted.layout ?? draw.one(LAYOUTS);
  const history = wanted.history ?? draw.one(Object.keys(HISTORIES));
  const damage = wanted.damage ?? (draw.chance(0.35) ? 'none' : draw.one(Object.keys(DAMAGES)));
  const options = [`ashift=${draw.one([9, 9, 10, 11, 12, 12, 12, 12, 13, 14, 16])}`];
  const [features, versions] = NEEDS[layout] ?? [[], VERSIONS];
  const old = versions.length > 0 && (history === 'upgrade' || draw.chance(0.12));
  options.push(old ? `version=${draw.one(versions)}` : `features=${[draw.one(FEATURES), ...features].join(',')}`);
  const sizeBytes = draw.chance(0.12) ? draw.one(LARGE) : draw.one(SIZES);
  return {
    seed,
    layout,
    history,
    damage,
    options,
    sizeBytes: layout === 'draid' ? Math.max(sizeBytes, 256 * MIB) : sizeBytes,
  };
}

export const kindOf = ({ layout, history, damage }: Recipe): string => `${layout}/${history}/${damage}`;

/**
 * Makes the pool of `recipe` below `base`, which is emptied before.
 *
 * @throws Error when umake does not end
 */
export function makePool(recipe: Recipe, base: string, umake: string): MadePool {
  rmSync(base, { recursive: true, force: true });
  const live = join(base, 'v');
  mkdirSync(live, { recursive: true });
  const draw = new Draw(recipe.seed ^ 0x5bd1e995);
  const layout = layoutOf(recipe.layout, draw);
  const story: Story = { draw, layout, lines: [], added: [], saved: [], options: [...recipe.options] };
  HISTORIES[recipe.history]?.(story);
  const images = [...layout.groups.flatMap((group) => group.images), ...layout.spares, ...story.added];
  for (const image of images) {
    const fd = openSync(join(live, image), 'w');
    // Later devices are as large as the largest, so that they can take the place of any.
    ftruncateSync(fd, recipe.sizeBytes);
    closeSync(fd);
  }
  const script = [
    `seed ${recipe.seed}`,
    `create tank ${recipe.options.join(' ')} ${specOf({ layout })}`,
    ...story.lines,
  ];
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
  const before = story.saved.map((name) => join(base, name));
  DAMAGES[recipe.damage]?.({ draw, now: folder, before, images });
  for (const each of before) rmSync(each, { recursive: true, force: true });
  return { recipe, folder, images: readdirSync(folder).sort(), failed };
}
