import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import { pool, poolImages } from '../tools/images.ts';

/** Devices that the command names. */
const given = (command: readonly string[]): string[] =>
  command.flatMap((word, i) => (command[i - 1] === '-d' ? [basename(word)] : []));

it('judges txgs that only an older image of a device has, and their commands give that image alone', async () => {
  const document = await scan(await poolImages(pool('device-and-its-older-copy')));
  const candidates = document.pools[0]?.candidates ?? [];
  const of = (txg: string) => candidates.find((each) => each.txg === txg);
  expect(of('17')?.verdict).toBe('importable');
  expect(given(of('17')?.commandReadWrite ?? [])).toEqual(['backup-of-d0.img']);
  expect(given(of('30')?.commandReadOnly ?? [])).toEqual(['d0.img']);
  expect(document.pools[0]?.recommendation?.txg).toBe('30');
});
