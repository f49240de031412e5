import { expect, it } from 'vitest';
import { memorySource } from '../../src/source/memorySource.ts';
import { ProbedEnds } from '../../src/source/probed.ts';
import { type ByteSource, SourceError } from '../../src/source/source.ts';

const MIB = 1024 * 1024;

function counted(bad: (offset: number, length: number) => boolean = () => false) {
  const source = memorySource(
    Uint8Array.from({ length: 3 * MIB }, (_, i) => i >> 8),
    'disk',
  );
  const reads: [number, number][] = [];
  const counting: ByteSource = {
    ...source,
    async read(offset, length) {
      reads.push([offset, length]);
      if (bad(offset, length)) throw new SourceError('EIO', 'bad', { source: 'disk', offset, path: [] });
      return source.read(offset, length);
    },
  };
  return { counting, reads };
}

it('reads each end of a source once, however many look there', async () => {
  const { counting, reads } = counted();
  const source = new ProbedEnds().of(counting);
  const places = [0, 16_344, 278_488, 3 * MIB - 8192, 3 * MIB - 49_152, 3 * MIB - 262_144];
  for (const at of places) expect((await source.read(at, 8))[0]).toBe((at >> 8) & 255);
  expect(reads).toEqual([
    [0, MIB / 2],
    [2.5 * MIB, MIB / 2],
  ]);
});

it('passes every read on once the ends are forgotten', async () => {
  const { counting, reads } = counted();
  const ends = new ProbedEnds();
  const source = ends.of(counting);
  await source.read(0, 8);
  ends.forget();
  await source.read(0, 8);
  expect(reads).toEqual([
    [0, MIB / 2],
    [0, 8],
  ]);
});

it('has the whole labels of both ends in what was read to find them', async () => {
  const { counting, reads } = counted();
  const source = new ProbedEnds().of(counting);
  const [label, skipped] = [256 * 1024, 16 * 1024];
  for (const at of [0, label, 3 * MIB - 2 * label, 3 * MIB - label]) await source.read(at + skipped, label - skipped);
  expect(reads).toHaveLength(2);
});

it('reads for each what it needs where the whole end cannot be had', async () => {
  const { counting } = counted((offset, length) => offset <= 1000 && offset + length > 1000);
  const source = new ProbedEnds().of(counting);
  await expect(source.read(992, 16)).rejects.toThrow('bad');
  expect((await source.read(16_344, 8))[0]).toBe(63);
});

/** A source that reads into the memory it is given, once it is told to. */
function lent() {
  const buffers: ArrayBufferLike[] = [];
  const waiting: (() => void)[] = [];
  let slow = false;
  const source: ByteSource = {
    name: 'disk',
    size: 3 * MIB,
    async read(_offset, length, _signal, into = new Uint8Array(length)) {
      buffers.push(into.buffer);
      if (slow) await new Promise<void>((resolve) => waiting.push(resolve));
      return into.subarray(0, length).fill(7);
    },
  };
  const wait = (): void => {
    slow = true;
  };
  return { source, buffers, wait, answer: () => waiting.splice(0).forEach((each) => void each()) };
}

it('gives the memory of the ends back when they are released, and none of what was answered', async () => {
  const { source, buffers } = lent();
  const ends = new ProbedEnds();
  const probed = ends.of(source);
  const answers = [await probed.read(0, 8), await probed.read(3 * MIB - 8, 8)];
  const kept = buffers.slice();
  ends.release();
  expect(kept.map(({ byteLength }) => byteLength)).toEqual([0, 0]);
  expect(answers).toEqual([new Uint8Array(8).fill(7), new Uint8Array(8).fill(7)]);
  expect(await probed.read(0, 8)).toEqual(new Uint8Array(8).fill(7));
});

it('leaves memory alone into which something is still read', async () => {
  const { source, buffers, wait, answer } = lent();
  const ends = new ProbedEnds();
  ends.expect(64);
  const probed = ends.of(source);
  await probed.read(0, 8);
  wait();
  const late = probed.read(3 * MIB - 8, 8);
  ends.release();
  expect(new Set(buffers).size).toBe(1);
  expect(buffers[0]?.byteLength).toBe(64 * MIB);
  answer();
  expect(await late).toEqual(new Uint8Array(8).fill(7));
});

it('has the ends of many sources in one piece, which is given back whole', async () => {
  const { source, buffers } = lent();
  const ends = new ProbedEnds();
  ends.expect(1000);
  for (let i = 0; i < 64; i++) {
    const probed = ends.of(source);
    await probed.read(0, 8);
    await probed.read(3 * MIB - 8, 8);
  }
  expect(buffers).toHaveLength(128);
  expect(new Set(buffers).size).toBe(1);
  ends.release();
  expect(buffers[0]?.byteLength).toBe(0);
});

it('keeps of a source that was opened what has its labels, and nothing else', async () => {
  const { counting, reads } = counted();
  const ends = new ProbedEnds();
  const probed = ends.of(counting);
  for (const at of [0, MIB / 2, MIB, 2.5 * MIB]) await probed.read(at, 8);
  ends.opened(probed, [{ offset: MIB / 2, size: 1.25 * MIB }]);
  const before = reads.length;
  for (const at of [0.5 * MIB, 0.75 * MIB, 1.25 * MIB, 1.5 * MIB]) await probed.read(at, 8);
  expect(reads.slice(before)).toEqual([[1.5 * MIB, MIB / 2]]);
  await probed.read(0, 8);
  expect(reads.slice(before + 1)).toEqual([[0, MIB / 2]]);
});

it('has a source that is looked into beyond its ends wait for one that was opened, where many are', async () => {
  const ends = new ProbedEnds();
  const deep = Array.from({ length: 30 }, () => {
    const { counting, reads } = counted();
    const probed = ends.of(counting);
    return { probed, reads, done: [0, MIB, 2 * MIB, MIB / 2].map((at) => probed.read(at, 8)) };
  });
  const looked = () => deep.filter(({ reads }) => reads.length > 2).length;
  await Promise.all(deep.slice(0, 24).flatMap(({ done }) => done));
  expect(looked()).toBe(24);
  for (const { probed } of deep.slice(0, 2)) ends.opened(probed, null);
  await Promise.all(deep.slice(0, 26).flatMap(({ done }) => done));
  expect(looked()).toBe(26);
  ends.forget();
  await Promise.all(deep.flatMap(({ done }) => done));
  expect(looked()).toBe(30);
});
