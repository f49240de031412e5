import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Draw } from './draw.ts';
import { LABEL_DAMAGES } from './labelDamage.ts';

/** The images of a pool as they are at the end, and as they were before. */
export interface Scene {
  readonly draw: Draw;
  /** Folder of the images. */
  readonly now: string;
  /** Folders of earlier states, oldest first; may be empty. */
  readonly before: readonly string[];
  /** Names of the images that are given. */
  readonly images: readonly string[];
  /** Begin and end of what is no hole of a file. */
  readonly dataRanges: (path: string) => readonly (readonly [from: number, to: number])[];
}

const KIB = 1024;
const BLOCK = 4 * KIB;
const LABEL = 256 * KIB;
const ZEROS = Buffer.alloc(BLOCK);

/** Of a device of some TiB nothing but its data. */
function copySparse(from: string, to: string): void {
  spawnSync('cp', ['--sparse=always', from, to]);
}

export type Damage = (scene: Scene) => void | Promise<void>;

/** Where the blocks of a file are that hold data. */
function blocksOf({ dataRanges }: Scene, path: string): number[] {
  const fd = openSync(path, 'r');
  const found: number[] = [];
  const chunk = Buffer.alloc(1024 * KIB);
  for (const [from, to] of dataRanges(path)) {
    for (let at = from - (from % BLOCK); at < to; at += chunk.length) {
      const got = readSync(fd, chunk, 0, Math.min(chunk.length, to - at), at);
      for (let within = 0; within + BLOCK <= got; within += BLOCK) {
        if (!chunk.subarray(within, within + BLOCK).equals(ZEROS)) found.push(at + within);
      }
    }
  }
  closeSync(fd);
  return found;
}

const isLabel = (at: number, size: number): boolean => at < 2 * LABEL || at >= size - 2 * LABEL;

/** Puts blocks of an earlier state back, as if their writes had been lost. */
function loseWrites(scene: Scene, image: string, probability: number, labelsToo: boolean): void {
  const earlier = scene.before.at(-1);
  if (earlier === undefined || !existsSync(join(earlier, image))) return;
  const path = join(scene.now, image);
  const { size } = statSync(path);
  const now = openSync(path, 'r+');
  const old = openSync(join(earlier, image), 'r');
  const [a, b] = [Buffer.alloc(BLOCK), Buffer.alloc(BLOCK)];
  for (const at of blocksOf(scene, path)) {
    if (!labelsToo && isLabel(at, size)) continue;
    readSync(now, a, 0, BLOCK, at);
    b.fill(0);
    readSync(old, b, 0, BLOCK, at);
    if (!a.equals(b) && scene.draw.chance(probability)) writeSync(now, b, 0, BLOCK, at);
  }
  closeSync(now);
  closeSync(old);
}

/** Puts all blocks of an earlier state back for which `of` says so. */
function putBack(scene: Scene, image: string, of: (at: number, size: number) => boolean): void {
  const earlier = scene.before.length === 0 ? undefined : scene.draw.one(scene.before);
  if (earlier === undefined || !existsSync(join(earlier, image))) return;
  const path = join(scene.now, image);
  const { size } = statSync(path);
  const now = openSync(path, 'r+');
  const old = openSync(join(earlier, image), 'r');
  const block = Buffer.alloc(BLOCK);
  for (const at of new Set([...blocksOf(scene, path), ...blocksOf(scene, join(earlier, image))])) {
    if (!of(at, size) || at + BLOCK > size) continue;
    block.fill(0);
    readSync(old, block, 0, BLOCK, at);
    writeSync(now, block, 0, BLOCK, at);
  }
  closeSync(now);
  closeSync(old);
}

const each =
  (damage: (scene: Scene, image: string) => void): Damage =>
  (scene) => {
    for (const image of scene.images) damage(scene, image);
  };

const one =
  (damage: (scene: Scene, image: string) => void): Damage =>
  (scene) => {
    damage(scene, scene.draw.one(scene.images));
  };

function rot(scene: Scene, image: string, share: number): void {
  const path = join(scene.now, image);
  const { size } = statSync(path);
  const fd = openSync(path, 'r+');
  for (const at of blocksOf(scene, path)) {
    if (isLabel(at, size) || !scene.draw.chance(share)) continue;
    writeSync(
      fd,
      Buffer.from([scene.draw.int(0, 255), scene.draw.int(0, 255)]),
      0,
      2,
      at + scene.draw.int(0, BLOCK - 2),
    );
  }
  closeSync(fd);
}

function wipe(scene: Scene, image: string, from: number, length: number): void {
  const path = join(scene.now, image);
  const { size } = statSync(path);
  const fd = openSync(path, 'r+');
  const at = from < 0 ? size + from : from;
  writeSync(fd, Buffer.alloc(Math.min(length, size - at)), 0, Math.min(length, size - at), at);
  closeSync(fd);
}

/** What befalls the bytes of devices, by name. */
const BYTE_DAMAGES: Readonly<Record<string, Damage>> = {
  none: () => {},
  lostWrites: each((scene, image) => loseWrites(scene, image, 0.5, false)),
  lostFew: each((scene, image) => loseWrites(scene, image, 0.08, false)),
  lostOnOne: one((scene, image) => loseWrites(scene, image, 0.6, false)),
  tornAll: each((scene, image) => loseWrites(scene, image, 0.3, true)),
  stale: one((scene, image) => {
    const earlier = scene.before.length === 0 ? undefined : scene.draw.one(scene.before);
    if (earlier !== undefined && existsSync(join(earlier, image)))
      copySparse(join(earlier, image), join(scene.now, image));
  }),
  twin: one((scene, image) => {
    const earlier = scene.before.length === 0 ? undefined : scene.draw.one(scene.before);
    if (earlier !== undefined && existsSync(join(earlier, image)))
      copySparse(join(earlier, image), join(scene.now, scene.draw.one([`a${image}`, `z${image}`])));
  }),
  mixedTimes: (scene) => {
    for (const image of scene.images) {
      const from = scene.draw.one([scene.now, ...scene.before]);
      if (from !== scene.now && existsSync(join(from, image))) copySparse(join(from, image), join(scene.now, image));
    }
  },
  oldLabels: one((scene, image) => putBack(scene, image, (at, size) => isLabel(at, size))),
  oldEndLabels: one((scene, image) => putBack(scene, image, (at, size) => at >= size - 2 * LABEL)),
  oldFrontLabels: one((scene, image) => putBack(scene, image, (at) => at < 2 * LABEL)),
  oldContent: one((scene, image) => putBack(scene, image, (at, size) => !isLabel(at, size))),
  oldFront: one((scene, image) => putBack(scene, image, (at, size) => at < size / 2)),
  oldRear: one((scene, image) => putBack(scene, image, (at, size) => at >= size / 2)),
  oldLabelsBehind: one((scene, image) => {
    const earlier = scene.before.length === 0 ? undefined : scene.draw.one(scene.before);
    if (earlier === undefined || !existsSync(join(earlier, image))) return;
    const { size } = statSync(join(earlier, image));
    const labels = Buffer.alloc(2 * LABEL);
    const old = openSync(join(earlier, image), 'r');
    readSync(old, labels, 0, labels.length, size - labels.length);
    closeSync(old);
    const now = openSync(join(scene.now, image), 'r+');
    const behind = statSync(join(scene.now, image)).size + scene.draw.int(0, 64) * LABEL;
    writeSync(now, labels, 0, labels.length, behind);
    closeSync(now);
  }),
  alone: (scene) => {
    const left = scene.draw.one(scene.images);
    for (const image of scene.images) if (image !== left) rmSync(join(scene.now, image));
  },
  half: (scene) => {
    for (const image of scene.draw.some(scene.images, 0.4)) rmSync(join(scene.now, image));
  },
  missing: one((scene, image) => {
    if (scene.images.length > 1) rmSync(join(scene.now, image));
  }),
  missingTwo: (scene) => {
    if (scene.images.length < 3) return;
    const first = scene.draw.int(0, scene.images.length - 1);
    for (const index of [first, (first + 1) % scene.images.length]) rmSync(join(scene.now, scene.images[index] ?? ''));
  },
  rot: each((scene, image) => rot(scene, image, 0.02)),
  rotOne: one((scene, image) => rot(scene, image, 0.2)),
  wipedFront: one((scene, image) => wipe(scene, image, 0, scene.draw.one([64, 256, 512, 1024, 4096]) * KIB)),
  wipedEnd: one((scene, image) => wipe(scene, image, -scene.draw.one([64, 256, 512, 1024]) * KIB, 1024 * KIB)),
  cut: one((scene, image) =>
    truncateSync(join(scene.now, image), statSync(join(scene.now, image)).size - scene.draw.int(1, 40) * 256 * KIB),
  ),
  grown: one((scene, image) =>
    truncateSync(join(scene.now, image), statSync(join(scene.now, image)).size + scene.draw.int(1, 40) * 1024 * KIB),
  ),
  swapped: (scene) => {
    const [a, b] = scene.images;
    if (a === undefined || b === undefined) return;
    const spare = join(scene.now, 'swap');
    renameSync(join(scene.now, a), spare);
    renameSync(join(scene.now, b), join(scene.now, a));
    renameSync(spare, join(scene.now, b));
  },
};

/** What befalls the devices, by name. */
export const DAMAGES: Readonly<Record<string, Damage>> = { ...BYTE_DAMAGES, ...LABEL_DAMAGES };

/** Some of the images may be gone by an earlier one of several: what is left is damaged. */
export async function hurt(damage: string, scene: Scene): Promise<void> {
  for (const name of damage.split('+')) {
    const one = DAMAGES[name];
    if (one === undefined) throw new Error(`no damage ${name}`);
    const images = scene.images.filter((image) => existsSync(join(scene.now, image)));
    if (images.length > 0) await one({ ...scene, images });
  }
}

/** Asked for by name alone: another one among those that are drawn would give each seed another pool. */
const NOT_DRAWN: ReadonlySet<string> = new Set(['none', 'editedSizes']);

/** None, one, or two after each other: `stale+rot`. */
export function drawDamage(draw: Draw): string {
  if (draw.chance(0.3)) return 'none';
  const names = Object.keys(DAMAGES).filter((name) => !NOT_DRAWN.has(name));
  return Array.from({ length: draw.chance(0.25) ? 2 : 1 }, () => draw.one(names)).join('+');
}
