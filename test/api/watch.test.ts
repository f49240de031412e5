import { closeSync, openSync, writeSync } from 'node:fs';
import { copyFile, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import { closeSources, surveyDevices } from '../../src/api/surveyDevices.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { uberblockCopies } from '../../src/pool/uberblockCopies.ts';
import { pool, poolImages } from '../tools/images.ts';

/** Places and bytes of the slots that hold the newest heartbeats. */
interface Slot {
  readonly path: string;
  readonly offset: number;
  readonly bytes: Buffer;
}

let folder = '';
let images: string[] = [];
const beats: Slot[] = [];

/** At once, so that it is done when the judging goes on. */
function write(slots: readonly Slot[], blank: boolean): void {
  for (const { path, offset, bytes } of slots) {
    const file = openSync(path, 'r+');
    writeSync(file, blank ? Buffer.alloc(bytes.length) : bytes, 0, bytes.length, offset);
    closeSync(file);
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zfs-uber-watch-'));
  for (const image of await poolImages(pool('multihost'))) {
    const copy = join(folder, basename(image));
    await copyFile(image, copy);
    images.push(copy);
  }
  images = images.sort();
  const surveyed = await surveyDevices(images, { engine: chooseEngine() });
  for (const { survey } of surveyed) {
    if (survey === null) continue;
    for (const { device, heartbeat, label, slot } of uberblockCopies(survey)) {
      const ring = device.labels[label]?.ring;
      const at = ring?.slots[slot]?.offset;
      if (!heartbeat || ring == null || at === undefined) continue;
      const file = await open(device.source.name, 'r');
      const bytes = Buffer.alloc(ring.slotSize);
      await file.read(bytes, 0, bytes.length, at);
      await file.close();
      beats.push({ path: device.source.name, offset: at, bytes });
    }
  }
  await closeSources(surveyed);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a scan that watches', () => {
  it('tells of a host whose heartbeat comes while it looks, and warns before a read-write import', async () => {
    expect(beats.length).toBeGreaterThan(0);
    write(beats, true);
    let alive = false;
    const document = await scan(images, {
      depth: 'mos',
      watchSeconds: 0,
      onCandidate() {
        if (!alive) write(beats, false);
        alive = true;
      },
    });
    const [finding] = document.pools[0]?.findings ?? [];
    expect(finding).toMatchObject({ code: 'multihost', severity: 'error' });
    expect(finding?.message).toContain('in use by another host right now: do not import it read-write');
    expect(document.pools[0]?.recommendation?.cautions[0]).toContain('do not import it read-write');
  });

  it('says that nothing was written where nothing was', async () => {
    const document = await scan(images, { depth: 'labels', watchSeconds: 0 });
    expect(document.pools[0]?.findings[0]).toMatchObject({ code: 'watched', severity: 'info' });
  });
});
