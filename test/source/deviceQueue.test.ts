import { expect, it } from 'vitest';
import { queued } from '../../src/source/deviceQueue.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { type ByteSource, SourceError } from '../../src/source/source.ts';

/** A source whose reads end when they are let go, and the offsets in the order in which they reached it. */
function held() {
  const source = memorySource(
    Uint8Array.from({ length: 100 }, (_, i) => i),
    'disk',
  );
  const asked: number[] = [];
  const open: (() => void)[] = [];
  const slow: ByteSource = {
    ...source,
    async read(offset, length) {
      asked.push(offset);
      await new Promise<void>((resolve) => open.push(resolve));
      return source.read(offset, length);
    },
  };
  const letGo = async (): Promise<void> => {
    open.shift()?.();
    await new Promise(setImmediate);
  };
  return { slow, asked, letGo };
}

it('has no more reads under way than it may, and goes one way over the device and back to its beginning', async () => {
  const { slow, asked, letGo } = held();
  const source = queued(slow, 2);
  const reads = [50, 20, 70, 10, 60, 30].map((offset) => source.read(offset, 3));
  expect(asked).toEqual([50, 20]);
  for (let i = 0; i < 6; i++) await letGo();
  expect(asked).toEqual([50, 20, 30, 60, 70, 10]);
  expect((await Promise.all(reads)).map(([first]) => first)).toEqual([50, 20, 70, 10, 60, 30]);
});

it('goes on behind a read that fails and one that nobody wants any more', async () => {
  const place = { source: 'disk', offset: 0, path: [] };
  const broken: ByteSource = {
    ...memorySource(new Uint8Array(100), 'disk'),
    read: (offset) =>
      offset === 0 ? Promise.reject(new SourceError('EIO', 'bad', place)) : Promise.resolve(new Uint8Array(1)),
  };
  const source = queued(broken, 1);
  const given = new AbortController();
  const reads = [source.read(0, 1), source.read(1, 1, given.signal), source.read(2, 1)];
  given.abort(new Error('no more'));
  const settled = await Promise.allSettled(reads);
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
});
