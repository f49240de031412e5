import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importPlaces } from '../../src/api/importPlace.ts';
import { scan } from '../../src/api/scan.ts';
import { closeSources, surveyDevices } from '../../src/api/surveyDevices.ts';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { stepLines } from '../../src/document/shell/stepLines.ts';
import type { SourceSpec } from '../../src/node/target.ts';
import { usualStarts } from '../../src/pool/searchRanges.ts';
import { memorySource } from '../../src/source/memorySource.ts';
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

  /** What the mapping of a printed line has, by programs that stand for those of the system. */
  function mapped(line: string): Uint8Array {
    const programs = mkdtempSync(join(room, 'bin-'));
    const table = join(programs, 'table');
    for (const [name, does] of [
      ['losetup', 'for last; do :; done; echo "$last"'],
      ['dmsetup', `cat > ${table}`],
    ] as const)
      writeFileSync(join(programs, name), `#!/bin/sh\n${does}\n`, { mode: 0o755 });
    execFileSync('bash', ['-ec', line], { env: { ...process.env, PATH: `${programs}:${process.env['PATH']}` } });
    const pieces = readFileSync(table, 'utf8')
      .trim()
      .split('\n')
      .map((each) => each.split(' '));
    let end = 0;
    return Buffer.concat(
      pieces.map(([start, count, target, path = '', offset]) => {
        expect(Number(start) * 512).toBe(end);
        const length = Number(count) * 512;
        end += length;
        if (target === 'error') return new Uint8Array(length);
        return readFileSync(path).subarray(Number(offset) * 512, Number(offset) * 512 + length);
      }),
    );
  }
  const volumesOf = async (specs: readonly SourceSpec[]) => {
    const surveyed = await surveyDevices(specs, { engine: pureEngine });
    await closeSources(surveyed);
    return surveyed.map(({ opened }) => opened).filter(({ disk }) => disk?.image?.format === 'volume');
  };
  const stepLinesOf = ({ pools }: Awaited<ReturnType<typeof scan>>) =>
    pools.flatMap(({ recommendation }) => recommendation?.steps ?? []);

  it('is mapped by a printed line as it is read, imported from there, and taken away in the end', async () => {
    const found = await scan([physical('pv1', true), physical('pv0')], { depth: 'mos' });
    const steps = stepLinesOf(found);
    const [open, ...later] = steps.filter(({ kind }) => kind === 'open-images').map(({ lines }) => lines);
    expect(open).toHaveLength(1);
    expect(open?.[0]).toMatch(/losetup -r .*dmsetup create -r zu-/);
    expect(Buffer.compare(mapped(open?.[0] ?? ''), vdev.subarray(0, 64 * MIB))).toBe(0);
    const name = /dmsetup create -r (\S+)/.exec(open?.[0] ?? '')?.[1];
    // It was a file, and what zpool takes for one is a file.
    const copied = steps.filter(({ kind }) => kind === 'copy').flatMap(({ lines }) => lines);
    expect(copied).toContain(`cp --sparse=always --reflink=auto /dev/mapper/${name} /var/tmp/${name}`);
    expect(found.pools[0]?.recommendation?.commandReadOnly).toContain(`/var/tmp/${name}`);
    for (const line of later.flat()) expect(line).not.toMatch(/ -r /);
    expect(steps.filter(({ kind }) => kind === 'close-images')[0]?.lines[0]).toContain(`dmsetup remove ${name};`);
    expect(found.pools[0]?.recommendation?.commandVerify?.slice(-2).toSorted()).toEqual([
      join(room, 'pv0.img'),
      join(room, 'pv1-stale.img'),
    ]);
  });

  it('has errors where a disk is missing, and no line where it is in no file of the system', async () => {
    const [opened] = await volumesOf([physical('pv0')]);
    if (opened === undefined) throw new Error('the volume was not found');
    const image = importPlaces([opened], 'linux').get(opened)?.image;
    const [line = ''] = stepLines({ kind: 'open-images', images: image ? [image] : [], readOnly: true });
    const bytes = mapped(line);
    expect(Buffer.compare(bytes.subarray(0, 20 * MIB), vdev.subarray(0, 20 * MIB))).toBe(0);
    expect(Buffer.compare(bytes.subarray(50 * MIB, 54 * MIB), vdev.subarray(50 * MIB, 54 * MIB))).toBe(0);
    expect(bytes).toHaveLength(64 * MIB);
    const given = await volumesOf([memorySource(readFileSync(physical('pv0')), 'handed in')]);
    expect(given.map((each) => importPlaces(given, 'linux').get(each))).toEqual([null]);
  });
});
