import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { NvValue } from '../../src/format/nvlist.ts';
import { configOf, labelOffsets, replaced, withConfig, writeLabels } from '../tools/forgeLabel.ts';
import { at, type LabelBytes, labelsOfFile } from '../tools/labelImage.ts';
import type { Damage, Scene } from './damage.ts';

const CONFIG = { offset: 0x4000, size: 0x1c000 } as const;
const RING = { offset: 0x20000, size: 0x20000 } as const;

/** Changes the labels of some of the devices: of one, or of all. */
const toLabels =
  (change: (labels: LabelBytes, scene: Scene) => LabelBytes): Damage =>
  async (scene) => {
    const chosen = scene.draw.chance(0.5) ? scene.images : [scene.draw.one(scene.images)];
    for (const image of chosen) {
      const path = join(scene.now, image);
      const labels = await labelsOfFile(path);
      let changed: LabelBytes;
      try {
        changed = change(labels, scene);
      } catch {
        // Without a config in label 0 there is nothing to edit.
        continue;
      }
      const file = await open(path, 'r+');
      try {
        await writeLabels(file, changed);
      } finally {
        await file.close();
      }
    }
  };

/** A value of the config as someone's own hand wrote it, the checksum right. */
const edited = (name: string, value: (scene: Scene) => NvValue): Damage =>
  toLabels((labels, scene) => withConfig(labels, replaced(configOf(labels), name, value(scene))));

/** The first pair's size in the stream, at which OpenZFS does not look, or the one in memory, for which it refuses the list. */
const editedSizes = toLabels((labels, { draw }) => {
  const packed = at(labels, CONFIG.offset, CONFIG.size).slice();
  new DataView(packed.buffer).setUint32(draw.one([12, 16]), draw.one([4, 24, 40, 0x7fffffff]));
  return withConfig(labels, packed);
});

/** Zeros in a part of some of the four labels. */
const wiped = (part: { readonly offset: number; readonly size: number }): Damage =>
  toLabels((labels, { draw }) => {
    for (const label of draw.some(labelOffsets(labels), 0.6)) at(labels, label + part.offset, part.size).fill(0);
    return labels;
  });

const SLOT = 4096;

/** What befalls the labels of devices alone, by name. */
export const LABEL_DAMAGES: Readonly<Record<string, Damage>> = {
  // Source: include/sys/fs/zfs.h, enum pool_state: active, exported, destroyed, spare, cache
  editedState: edited('state', ({ draw }) => BigInt(draw.int(0, 4))),
  editedTxg: edited('txg', ({ draw }) => BigInt(draw.one([0, 1, 4, 30, 60, 100, 5000]))),
  editedHost: edited('hostid', ({ draw }) => BigInt(draw.int(1, 0x7fffffff))),
  editedName: edited('name', ({ draw }) => draw.one(['tank2', 'rpool', 'other'])),
  editedPoolGuid: edited('pool_guid', ({ draw }) => BigInt(draw.int(1, 0x7fffffff))),
  editedSizes,
  wipedConfigs: wiped(CONFIG),
  wipedRings: wiped(RING),
  wipedLabels: wiped({ offset: 0, size: 0x40000 }),
  lostSlots: toLabels((labels, { draw }) => {
    for (const label of labelOffsets(labels)) {
      for (let slot = 0; slot < RING.size; slot += SLOT) {
        if (draw.chance(0.3)) at(labels, label + RING.offset + slot, SLOT).fill(0);
      }
    }
    return labels;
  }),
};
