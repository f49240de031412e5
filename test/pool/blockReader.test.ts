import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { FormatError, LimitError, ZfsUberError } from '../../src/bytes/errors.ts';
import { Blkptr } from '../../src/format/blkptr.ts';
import type { VdevNode } from '../../src/pool/pool.ts';
import {
  inner,
  LABELS,
  leaf,
  MadeDevice,
  noise,
  POINTER_PLACE,
  type PointerSpec,
  pointer,
  pointerBytes,
  readerOf,
  root,
  same,
} from './madePool.ts';

const data = noise(4096, 1);
const at = (vdev: number, offset: number) => ({ vdev, offset });

function written(device: MadeDevice, offset: number, bytes = data): MadeDevice {
  device.write(offset, bytes);
  return device;
}

describe('block reads', () => {
  it('stop at the first good copy, and say what was wrong before it', async () => {
    const [a, b, c] = [0, 1, 2].map((i) => written(new MadeDevice(`disk${i}`), 8192));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three disks');
    a.health = 'garbled';
    const tree = root(inner('mirror', [leaf(a), leaf(b), leaf(c)]));
    const { bytes, attempts } = await readerOf(tree).read(pointer({ stored: data, dvas: [at(0, 8192)] }));
    expect(same(bytes, data)).toBe(true);
    expect(attempts).toMatchObject([
      { vdev: 'mirror-0 > disk0', outcome: 'wrong', place: { source: 'disk0', offset: LABELS + 8192 } },
      { vdev: 'mirror-0 > disk1', outcome: 'good', error: null },
    ]);
    expect(attempts[0]?.error?.message).toContain('fletcher4 checksum: expected');
  });

  it('look at every copy when told to scrub', async () => {
    const devices = [0, 1, 2, 3].map((i) => written(new MadeDevice(`disk${i}`), 8192));
    const [a, b, c, d] = devices;
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four disks');
    b.health = 'failing';
    c.health = 'absent';
    d.health = 'garbled';
    const tree = root(inner('mirror', [leaf(a), leaf(b)]), leaf(c), leaf(d));
    const bp = pointer({ stored: data, dvas: [at(0, 8192), at(1, 8192), at(2, 8192)] });
    const { attempts } = await readerOf(tree, { scrub: true }).read(bp);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['good', 'unreadable', 'absent', 'wrong']);
  });

  it('take a later copy when the earlier ones are on devices that are absent or too short', async () => {
    const short = new MadeDevice('short', LABELS + 8192 + 4095);
    const sound = written(new MadeDevice('sound'), 512);
    const gone = new MadeDevice('gone');
    gone.health = 'absent';
    const tree = root(leaf(gone), leaf(short), leaf(sound));
    const bp = pointer({ stored: data, dvas: [at(0, 0), at(1, 8192), at(2, 512)] });
    const { attempts } = await readerOf(tree).read(bp);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['absent', 'absent', 'good']);
    expect(attempts.map(({ place }) => place?.source ?? null)).toEqual([null, 'short', 'sound']);
  });

  it('say that a block is lost because devices are missing only when nothing else is wrong', async () => {
    const [a, b] = [new MadeDevice('a'), new MadeDevice('b')];
    a.health = 'absent';
    b.health = 'absent';
    const bp = pointer({ stored: data, dvas: [at(0, 0), at(1, 0)] });
    const lost = () => readerOf(root(leaf(a), leaf(b))).verify(bp);
    await expect(lost()).rejects.toMatchObject({ code: 'unavailable', becauseMissing: true });
    b.health = 'sound';
    await expect(lost()).rejects.toMatchObject({ code: 'unavailable', becauseMissing: false });
    await expect(lost()).rejects.toThrow('no copy of block 0:0, 1:0 is sound');
  });

  it('give zeros for a hole and the payload of an embedded block without looking at a device', async () => {
    const reader = readerOf(root());
    const hole = new Uint8Array(128);
    new DataView(hole.buffer).setBigUint64(48, (1n << 63n) | (19n << 48n) | (2n << 32n) | 255n, true);
    const zeros = await reader.read(new Blkptr(hole, true, POINTER_PLACE));
    expect([zeros.bytes.length, zeros.bytes.some((byte) => byte !== 0), zeros.attempts]).toEqual([131072, false, []]);
    const embedded = new Uint8Array(128).fill(0x41);
    // 100 bytes as they are: sizes less one, no compression, kind 0.
    new DataView(embedded.buffer).setBigUint64(
      48,
      (1n << 63n) | (19n << 48n) | (1n << 39n) | (2n << 32n) | (99n << 25n) | 99n,
      true,
    );
    const { bytes } = await reader.read(new Blkptr(embedded, true, POINTER_PLACE));
    expect([...bytes]).toEqual(Array.from({ length: 100 }, () => 0x41));
  });

  it('leave the content of an encrypted block closed, after checking what can be checked without a key', async () => {
    const device = written(new MadeDevice('disk'), 0);
    const [a = 0n, b = 0n, c = 0n, d = 0n] = new Blkptr(pointerBytes({ stored: data }), true, POINTER_PLACE)
      .checksumWords;
    const mac = [0x1234n, 0x5678n];
    const spec: PointerSpec = {
      stored: data,
      lsize: 8192,
      compression: 15,
      crypt: true,
      dvas: [at(0, 0)],
      words: [a ^ c, b ^ d, ...mac],
    };
    const { bytes, encrypted } = await readerOf(root(leaf(device))).read(pointer(spec));
    expect([encrypted, same(bytes, data)]).toEqual([true, true]);
    device.health = 'garbled';
    await expect(readerOf(root(leaf(device))).read(pointer(spec))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('tell a block that was written as nonsense from one that was destroyed', async () => {
    const device = written(new MadeDevice('disk'), 0);
    const bp = pointer({ stored: data, lsize: 131072, compression: 15, dvas: [at(0, 0)] });
    const reader = readerOf(root(leaf(device)));
    await expect(reader.read(bp)).rejects.toBeInstanceOf(FormatError);
    expect((await reader.verify(bp)).attempts).toMatchObject([{ outcome: 'good' }]);
  });

  it.each<[string, Partial<PointerSpec>, string]>([
    ['a vdev that the pool does not have', { dvas: [at(7, 0)] }, 'vdev of an address'],
    ['a removed vdev without a mapping', { dvas: [at(1, 0)] }, 'vdev of an address'],
    ['an end beyond the vdev', { dvas: [at(0, 2 ** 20 - 512)] }, 'end of a block'],
    ['an unknown checksum', { checksum: 15 }, 'checksum'],
    ['an unknown compression', { compression: 17 }, 'compression'],
    ['an unknown object type', { type: 54 }, 'object type'],
  ])('refuse a pointer with %s', async (_, wrong, what) => {
    const tree = root({ ...leaf(new MadeDevice('disk')) }, inner('hole', []));
    const [top, hole] = tree.children;
    if (top === undefined || hole === undefined) throw new Error('two vdevs');
    const limited = { ...tree, children: [{ ...top, config: { ...top.config, asize: 2n ** 20n } }, hole] };
    const bp = pointer({ stored: data, dvas: [at(0, 0)], ...wrong });
    const error = await readerOf(limited)
      .read(bp)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FormatError);
    expect(`${error}`).toContain(what);
  });

  it('keep hundreds of reads apart, and hold few large blocks at once', async () => {
    const device = new MadeDevice('disk');
    const blocks = Array.from({ length: 300 }, (_, i) => noise(512 * (1 + (i % 40)), i));
    const offsets = blocks.map((_, i) => i * 65536);
    for (const [i, block] of blocks.entries()) device.write(offsets[i] ?? 0, block);
    const reader = readerOf(root(leaf(device)));
    const read = await Promise.all(
      blocks.map((stored, i) => reader.read(pointer({ stored, dvas: [at(0, offsets[i] ?? 0)] }))),
    );
    expect(read.every(({ bytes }, i) => same(bytes, blocks[i] ?? bytes.subarray(1)))).toBe(true);
    // All zeros: the sums of a block that says nothing are zeros too.
    const large = pointer({ stored: new Uint8Array(16 * 2 ** 20), dvas: [at(0, 2 ** 36)] });
    expect(await Promise.all(Array.from({ length: 12 }, () => reader.verify(large)))).toHaveLength(12);
  });

  it('answer any pointer with a block or an error that has a name', async () => {
    const devices = Array.from({ length: 4 }, (_, i) => new MadeDevice(`disk${i}`, LABELS + 2 ** 22));
    const raidz = inner(
      'raidz',
      devices.map((device) => leaf(device)),
      { nparity: 1, ashift: 9, asize: 2n ** 24n },
    );
    const draid = { ndata: 2, nspares: 1, ngroups: 1, nchildren: null };
    const tree = root(
      leaf(new MadeDevice('disk', LABELS + 2 ** 22)),
      raidz,
      inner(
        'draid',
        devices.map((device) => leaf(device)),
        { nparity: 1, ashift: 12, draid },
      ),
      inner('missing', []),
      inner('indirect', []),
      inner('nonsense', []),
    );
    const reader = readerOf(tree);
    const anyWord = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 34n }));
    await fc.assert(
      fc.asyncProperty(fc.array(anyWord, { minLength: 16, maxLength: 16 }), fc.boolean(), async (words, plain) => {
        const bytes = new Uint8Array(128);
        const view = new DataView(bytes.buffer);
        for (const [i, word] of words.entries()) view.setBigUint64(i * 8, word, true);
        // Half of them get past the first checks: small, known algorithms, no embedded payload.
        if (plain)
          view.setBigUint64(48, ((words[6] ?? 0n) & 0xff_00ffn) | (2n << 32n) | (7n << 40n) | (19n << 48n), true);
        const bp = new Blkptr(bytes, true, POINTER_PLACE);
        await reader.read(bp).catch((error: unknown) => {
          if (!(error instanceof ZfsUberError)) throw error;
        });
      }),
      { numRuns: 500 },
    );
  });
});

/** A gang header at `offset` of vdev 0 with these members, as the pointer `bp` wants it. */
function gangHeader(offset: number, birth: bigint, members: readonly Uint8Array[], size = 512): Uint8Array {
  const header = new Uint8Array(size);
  for (const [i, member] of members.entries()) header.set(member, i * 128);
  const view = new DataView(header.buffer);
  view.setBigUint64(size - 40, 0x0210da7ab10c7a11n, true);
  for (const [i, word] of [0n, BigInt(offset), birth, 0n].entries()) view.setBigUint64(size - 32 + i * 8, word, true);
  const words = pureEngine.checksum('sha256', header, true);
  for (const [i, word] of words.entries()) view.setBigUint64(size - 32 + i * 8, word, true);
  return header;
}

describe('gang blocks', () => {
  const parts = [noise(1024, 1), noise(512, 2), noise(2560, 3)];
  const whole = new Uint8Array(Buffer.concat(parts));

  function made(size: number, more: { readonly depth?: number; readonly lie?: number } = {}): [VdevNode, Blkptr] {
    const device = new MadeDevice('disk');
    let members = parts.map((stored, i) => {
      device.write((i + 1) * 65536, stored);
      return pointerBytes({ stored, dvas: [at(0, (i + 1) * 65536)] });
    });
    let offset = 2 ** 20;
    for (let depth = 0; depth < (more.depth ?? 0); depth++) {
      offset += 65536;
      device.write(offset, gangHeader(offset, 100n, members, size));
      members = [pointerBytes({ stored: whole, dvas: [{ ...at(0, offset), gang: true }] })];
    }
    const top = 2 ** 30;
    device.write(top, gangHeader(top, 100n, members, size));
    const stored = more.lie === undefined ? whole : whole.slice(0, more.lie);
    const bp = pointer({ stored, dvas: [{ ...at(0, top), gang: true }] });
    const tree = root({ ...leaf(device, { ashift: Math.log2(Math.max(512, size)) }) });
    return [tree, bp];
  }

  it.each([
    ['a header of 512 bytes', 512, 0],
    ['a header as large as the sector', 4096, 0],
    ['headers below headers', 512, 3],
  ])('are put together from their members: %s', async (_, size, depth) => {
    const [tree, bp] = made(size, { depth });
    expect(same((await readerOf(tree).read(bp)).bytes, whole)).toBe(true);
  });

  it('are found with an old header on a vdev that would allow a larger one', async () => {
    const [tree, bp] = made(512);
    const [top] = tree.children;
    if (top === undefined) throw new Error('a vdev');
    const wide = { ...tree, children: [{ ...top, config: { ...top.config, ashift: 13 } }] };
    expect(same((await readerOf(wide).read(bp)).bytes, whole)).toBe(true);
  });

  it('are refused when the members do not add up, or are nested without end', async () => {
    for (const lie of [512, 1536, 3584]) {
      const [tree, bp] = made(512, { lie });
      await expect(readerOf(tree).read(bp)).rejects.toMatchObject({ code: 'format-bounds' });
    }
    const [tree, bp] = made(512, { depth: 40 });
    await expect(readerOf(tree).read(bp)).rejects.toBeInstanceOf(LimitError);
  });

  it('are refused when a header leads back to itself', async () => {
    const device = new MadeDevice('disk');
    const self = pointerBytes({ stored: whole, dvas: [{ ...at(0, 0), gang: true }] });
    device.write(0, gangHeader(0, 100n, [self]));
    const reader = readerOf(root(leaf(device, { ashift: 9 })));
    await expect(reader.read(new Blkptr(self, true, POINTER_PLACE))).rejects.toBeInstanceOf(LimitError);
  });

  it('are lost with their header or any member', async () => {
    const [tree] = made(512);
    const far = pointer({ stored: whole, dvas: [{ ...at(0, 2 ** 31), gang: true }] });
    await expect(readerOf(tree).read(far)).rejects.toMatchObject({ code: 'unavailable', becauseMissing: false });
  });
});
