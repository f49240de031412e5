import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeSet } from '../../src/bytes/rangeSet.ts';
import { failingMedia } from '../../src/source/failingMedia.ts';
import { failedReadsMap, parseDdrescueMap, rescued } from '../../src/source/images/ddrescue.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { readAround } from '../../src/source/readAround.ts';
import { type ByteSource, isGone, SourceError } from '../../src/source/source.ts';

const PAGE = 4096;
const PAGES = 64;

/** Page n is full of n; those of `bad` fail, and the error says where. */
function device(bad: ReadonlySet<number>): { readonly source: ByteSource; readonly asked: Map<number, number> } {
  const asked = new Map<number, number>();
  return {
    asked,
    source: {
      name: 'sdb',
      size: PAGES * PAGE,
      async read(offset, length) {
        const bytes = new Uint8Array(length);
        for (let at = offset; at < offset + length; at++) {
          const page = Math.floor(at / PAGE);
          if (bad.has(page)) {
            asked.set(page, (asked.get(page) ?? 0) + 1);
            throw new SourceError('EIO', 'read error', { source: 'sdb', offset: at, path: [] });
          }
          bytes[at - offset] = page;
        }
        return bytes;
      },
    },
  };
}

describe('a device that is asked for nothing twice', () => {
  it('gives all that it has, and what fails is known by the page', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 0, max: PAGES - 1 }), { maxLength: 20 }),
        fc.array(fc.tuple(fc.nat(PAGES * PAGE - 1), fc.integer({ min: 1, max: PAGES * PAGE })), { maxLength: 6 }),
        async (bad, ranges) => {
          const { source, asked } = device(new Set(bad));
          const refused = new RangeSet();
          const first: SourceError[] = [];
          const media = {
            mayFail: 'never-twice',
            refused,
            onFirst: (error: SourceError) => first.push(error),
          } as const;
          const careful = failingMedia(source, media);
          for (const [offset, wanted] of ranges) {
            const length = Math.min(wanted, source.size - offset);
            const { bytes, unreadable } = await readAround(careful, offset, length, { patience: 1000 });
            for (let at = 0; at < length; at += 509) {
              const page = Math.floor((offset + at) / PAGE);
              const lost = unreadable.some(
                (span) => span.offset <= offset + at && offset + at < span.offset + span.length,
              );
              expect([lost, bytes[at]]).toEqual([bad.includes(page), bad.includes(page) ? 0 : page]);
            }
          }
          for (const times of asked.values()) expect(times).toBe(1);
          expect(first.length).toBe(asked.size > 0 ? 1 : 0);
          expect(refused.total).toBe(asked.size * PAGE);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is gone when nothing of it can be read any more, and at once where the system says so', async () => {
    const { source, asked } = device(new Set(Array(PAGES * 4).keys()));
    const long = { ...source, size: PAGES * PAGE * 4 };
    const careful = failingMedia(long, { mayFail: 'never-twice', refused: new RangeSet(), onFirst: () => {} });
    let error: unknown;
    for (let page = 0; page < 200; page++) error = await careful.read(page * PAGE, 512).catch((each: unknown) => each);
    expect([isGone(error), asked.size]).toEqual([true, 64]);
    const taken: ByteSource = {
      ...source,
      read: () => Promise.reject(new SourceError('ENXIO', 'gone', { source: 'sdb', offset: 0, path: [] })),
    };
    const away = failingMedia(taken, { mayFail: 'never-twice', refused: new RangeSet(), onFirst: () => {} });
    expect(isGone(await away.read(0, 512).catch((each: unknown) => each))).toBe(true);
  });
});

describe('the map of failed reads', () => {
  it('says of each byte whether it failed, and is read as that until ddrescue has changed it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(99), { maxLength: 30 }), fc.integer({ min: 1, max: 60_000 }), (pages, size) => {
        const refused = new RangeSet();
        for (const page of pages) refused.add(page * 512, page * 512 + 512);
        const text = failedReadsMap(refused.ranges(), size);
        const failed = (status: string, map: ReturnType<typeof parseDdrescueMap>) =>
          (map?.ranges ?? []).filter((each) => each.status === status).reduce((sum, { length }) => sum + length, 0);
        const expected = [...refused.ranges()].reduce(
          (sum, { start, end }) => sum + Math.max(0, Math.min(end, size) - Math.min(start, size)),
          0,
        );
        const ours = parseDdrescueMap(text, 'map');
        expect([ours?.of, failed('-', ours), failed('?', ours)]).toEqual(['reads', expected, size - expected]);
        const theirs = parseDdrescueMap(
          `# Mapfile. Created by GNU ddrescue\n${text.slice(text.indexOf('\n') + 1)}`,
          'map',
        );
        expect([theirs?.of, failed('-', theirs), failed('?', theirs)]).toEqual(['copy', expected, size - expected]);
      }),
    );
  });
  it('holds what maps left out before, as those have it, and what failed besides', () => {
    const size = 40;
    // A letter a byte.
    const bytes = fc.string({ unit: fc.constantFrom('?', '*', '/', '-', '+'), minLength: 1, maxLength: size });
    const mapOf = (letters: string) => {
      const lines = [...letters].map((status, at) => `${at} 1 ${status}\n`);
      return parseDdrescueMap(`0 ?\n${lines.join('')}`, 'map') ?? { of: 'copy' as const, ranges: [] };
    };
    fc.assert(
      fc.property(
        fc.array(bytes, { maxLength: 3 }),
        fc.uniqueArray(fc.nat(size - 1)),
        fc.boolean(),
        (maps, pages, device) => {
          const disk = memorySource(new Uint8Array(size));
          const of = device ? 'reads' : 'copy';
          const before = maps.map((letters, i) => rescued(disk, { ...mapOf(letters), of, map: `${i}` }).leftOut);
          const refused = new RangeSet();
          for (const page of pages) refused.add(page, page + 1);
          const map = parseDdrescueMap(failedReadsMap(refused.ranges(), size, before), 'map');
          const found = map === null ? [] : rescued(disk, { ...map, map: 'new' }).leftOut.ranges;
          for (let at = 0; at < size; at++) {
            const there = (letter: string) => letter === '+' || (letter === '?' && device);
            const told = maps.map((letters) => letters[at] ?? '?').filter((letter) => !there(letter));
            const expected = told.at(-1) ?? (pages.includes(at) ? '-' : null);
            const range = found.find(({ offset, length }) => offset <= at && at < offset + length);
            expect([at, range?.status ?? null]).toEqual([at, expected]);
          }
        },
      ),
    );
  });
});
