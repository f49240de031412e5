import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pool } from '../tools/images.ts';
import { bugsOf, HostilePool } from './hostileImages.ts';
import { SEED } from './random.ts';

/** Guards the whole command against lies that every checksum vouches for, from the labels down to the bonus of a dnode. */

const LIES = 8;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-lies-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe(`every command about a pool that lies (ZFS_UBER_SEED=${SEED})`, () => {
  it.each(['zil-lying', 'special-lying', 'four-tops'])('%s: an answer, whatever it is', async (name) => {
    const hostile = await HostilePool.open(pool(name), join(folder, name));
    try {
      for (let seed = SEED; seed < SEED + LIES; seed++) {
        let about = '';
        const ran = await hostile.tell(seed, (said) => {
          about = said;
        });
        expect(ran.length).toBeGreaterThan(0);
        expect(bugsOf(ran), `ZFS_UBER_SEED=${seed}: ${about}`).toEqual([]);
      }
    } finally {
      await hostile.close();
    }
  });
});
