import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import { usualStarts } from '../../src/pool/searchRanges.ts';
import { USUAL_BASES } from '../../src/source/usualBases.layout.ts';
import { random, SEED } from '../fuzz/random.ts';
import { imageOf, MIB } from '../pool/carve/madeDisk.ts';
import { LVM_EXTENT, LVM_FIRST, lvmHead } from '../tools/lvmHead.ts';

let room = '';
let vdev: Uint8Array;
const lvm = lvmHead(1 << 20, [{ volume: 'tank', at: 0, extent: 200, count: 140 }]);
beforeAll(async () => {
  room = mkdtempSync(join(tmpdir(), 'zfs-uber-layers-'));
  vdev = await imageOf('healthy-single');
});
afterAll(() => rmSync(room, { recursive: true, force: true }));

/** What a layer writes behind the device that it makes of a disk. */
type Trailer = (view: DataView, disk: Uint8Array) => void;

const WHOLE = 70 * MIB;
const inner = () => vdev.length;

const drbd: Trailer = (view) => {
  const at = view.byteLength - (view.byteLength % 4096) - 4096;
  view.setBigUint64(at, BigInt(inner() / 512));
  view.setUint32(at + 60, 0x8374026d);
};
const md1: Trailer = (view) => {
  const at = view.byteLength - (view.byteLength % 4096) - 8192;
  view.setUint32(at, 0xa92b4efc, true);
  view.setUint32(at + 4, 1, true);
  view.setInt32(at + 72, 1, true);
  view.setBigUint64(at + 136, BigInt(inner() / 512), true);
  view.setBigUint64(at + 144, BigInt(at / 512), true);
};
const md090: Trailer = (view) => {
  const at = view.byteLength - (view.byteLength % 65536) - 65536;
  view.setUint32(at, 0xa92b4efc, true);
  view.setUint32(at + 8, 90, true);
  view.setInt32(at + 28, 1, true);
  view.setUint32(at + 32, inner() / 1024, true);
};
const gmirror: Trailer = (_, disk) => disk.set(Buffer.from('GEOM::MIRROR\0'), disk.length - 512);

function disk(name: string, size: number, trailer: Trailer): string {
  const bytes = new Uint8Array(size);
  bytes.set(vdev);
  trailer(new DataView(bytes.buffer), bytes);
  const path = join(room, name);
  writeFileSync(path, bytes);
  return path;
}

const statuses = async (path: string) => {
  const { sources } = await scan([path], { depth: 'labels' });
  return sources.map(({ sizeBytes, labels }) => [sizeBytes, ...labels.map(({ status }) => status)]);
};

describe('a vdev on a device that ends before its disk does', () => {
  it.each<[string, number, Trailer, number]>([
    ['DRBD with internal metadata', WHOLE, drbd, 64 * MIB],
    ['md RAID1, version 1.0', WHOLE, md1, 64 * MIB],
    ['md RAID1, version 0.90', WHOLE, md090, 64 * MIB],
    // One sector less is a whole label less.
    ['gmirror', 64 * MIB + 256 * 1024, gmirror, 64 * MIB + 256 * 1024 - 512],
  ])('%s: has its last labels where that ends', async (name, size, trailer, end) => {
    expect(await statuses(disk(name.replaceAll(/\W/g, '-'), size, trailer))).toEqual([
      [`${end}`, 'ok', 'ok', 'ok', 'ok'],
    ]);
  });

  it('is not where no label says so, whatever the layer does', async () => {
    const pick = random(SEED);
    for (const trailer of [drbd, md1, md090]) {
      for (let run = 0; run < 4; run++) {
        const path = disk('lies', WHOLE, (view, bytes) => {
          trailer(view, bytes);
          const end = bytes.length - 65536;
          // Sizes of all kinds, and noise over all of it but the magics' neighbourhood.
          for (const at of [view.byteLength - 4096, view.byteLength - 8192 + 136, end + 32]) {
            view.setBigUint64(
              at,
              [0n, 1n, 2n ** 63n, 2n ** 64n - 1n, BigInt(pick(2 ** 30))][pick(5)] ?? 0n,
              pick(2) === 0,
            );
          }
        });
        expect(await statuses(path)).toEqual([[`${WHOLE}`, 'ok', 'ok', 'empty', 'empty']]);
      }
    }
  });
});

describe('a lost partition table', () => {
  it('has each usual place of a partition among those that are tried, on a disk of any size', () => {
    for (const size of [64 * MIB, 3 * 1024 * MIB, 10 * 2 ** 40]) {
      const places = new Set(usualStarts({ from: 0, to: size }, size));
      const far = USUAL_BASES.map(({ base }) => base).filter((base) => base >= 64 * MIB && base < size);
      expect(far.filter((base) => !places.has(base))).toEqual([]);
      expect(places.size).toBeLessThanOrEqual(8192 + USUAL_BASES.length);
    }
  });
});

describe('a vdev in front of which a layer has its metadata', () => {
  it.each<[string, number, (bytes: Uint8Array, view: DataView, start: number) => void]>([
    ['a linear volume of LVM', LVM_FIRST + 200 * LVM_EXTENT, (bytes) => bytes.set(lvm)],
    [
      'md RAID1, version 1.2',
      101 * MIB + 4096,
      (_, view, start) => {
        view.setUint32(4096, 0xa92b4efc, true);
        view.setUint32(4096 + 4, 1, true);
        view.setInt32(4096 + 72, 1, true);
        view.setBigUint64(4096 + 128, BigInt(start / 512), true);
        view.setBigUint64(4096 + 144, 8n, true);
      },
    ],
    [
      'bcache',
      101 * MIB + 8192,
      (bytes, view, start) => {
        bytes.set(Buffer.from('c68573f64e1a45ca8265f57f48ba6d81', 'hex'), 4096 + 24);
        view.setBigUint64(4096 + 184, BigInt(start / 512), true);
      },
    ],
  ])('%s: is found where that says it begins', async (name, start, head) => {
    const bytes = new Uint8Array(300 * MIB);
    bytes.set(vdev, start);
    head(bytes, new DataView(bytes.buffer), start);
    const path = join(room, name.replaceAll(/\W/g, '-'));
    writeFileSync(path, bytes);
    const { sources } = await scan([path], { depth: 'labels' });
    expect(sources.map(({ offsetBytes, labels }) => [offsetBytes, ...labels.map(({ status }) => status)])).toEqual([
      [`${start}`, 'ok', 'ok', 'ok', 'ok'],
    ]);
  });
});

describe('a vdev on a linear volume of LVM in several parts', () => {
  const extent = MIB;
  const parts = [
    { volume: 'tank', at: 0, extent: 9, count: 20 },
    { volume: 'tank', at: 20, extent: 3, count: 30, pv: 'pv1' },
    { volume: 'tank', at: 50, extent: 2, count: 4 },
    { volume: 'tank', at: 54, extent: 40, count: 10, pv: 'pv1' },
  ];
  /** @param stale of this disk the text is older, and has the parts elsewhere */
  function physical(pv: 'pv0' | 'pv1', stale = false): string {
    const bytes = new Uint8Array(64 * MIB);
    for (const { at, extent: first, count, pv: own = 'pv0' } of parts) {
      if (own === pv) bytes.set(vdev.subarray(at * extent, (at + count) * extent), LVM_FIRST + first * extent);
    }
    const told = stale ? parts.map((part) => ({ ...part, extent: part.extent + 1 })) : parts;
    bytes.set(lvmHead(1 << 20, told, { pv, extentSectors: extent / 512, seqno: stale ? 3 : 5 }));
    const path = join(room, `${pv}${stale ? '-stale' : ''}.img`);
    writeFileSync(path, bytes);
    return path;
  }
  const labelled = ({ sources }: Awaited<ReturnType<typeof scan>>) =>
    sources
      .map(({ path, offsetBytes, labels, madeOf = [] }) => [
        path,
        offsetBytes,
        madeOf,
        labels.map(({ status }) => status).join(),
      ])
      .filter(([, , , labels]) => labels !== 'empty,empty,empty,empty');

  it('is read through both disks as the vdev by itself is, whatever an older text says', async () => {
    const raw = join(room, 'raw.img');
    writeFileSync(raw, vdev);
    const plain = await scan([raw], { depth: 'mos' });
    const verdicts = ({ pools }: typeof plain) =>
      pools.flatMap(({ candidates }) => candidates.map(({ txg, verdict }) => [txg, verdict]));
    for (const disks of [
      [physical('pv0'), physical('pv1')],
      [physical('pv1', true), physical('pv0')],
    ]) {
      const found = await scan(disks, { depth: 'mos' });
      const other = disks.find((path) => !path.endsWith('pv0.img'));
      expect(labelled(found)).toEqual([[join(room, 'pv0.img'), `${LVM_FIRST + 9 * extent}`, [other], 'ok,ok,ok,ok']]);
      expect(verdicts(found)).toEqual(verdicts(plain));
    }
  });

  it('has never read what lies on a disk that is missing', async () => {
    const path = physical('pv0');
    const found = await scan([path], { depth: 'mos' });
    expect(labelled(found)).toEqual([[path, `${LVM_FIRST + 9 * extent}`, [], 'ok,ok,unreadable,unreadable']]);
    const [own] = found.sources.filter(({ labels }) => labels.some(({ status }) => status === 'ok'));
    expect(own?.error?.code).toBe('needs-file');
  });

  it('is printed no command for, and the one that has the system make the device is', async () => {
    const found = await scan([physical('pv0'), physical('pv1')], { depth: 'labels' });
    const findings = found.findings.map(({ code }) => code);
    expect(findings).toContain('container-not-opened');
    expect(JSON.stringify(found.pools)).not.toContain('losetup');
  });
});
