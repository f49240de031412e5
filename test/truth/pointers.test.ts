import { afterAll, describe, expect, it } from 'vitest';
import { pool } from '../tools/images.ts';
import { Judge } from './ask.ts';
import { comparePointers } from './comparePointers.ts';
import { nativePrograms } from './programs.ts';

const programs = nativePrograms();
const judge = new Judge(programs?.uask ?? '');
afterAll(() => judge.close());

/** One of each rule, where breaking it shows in what is counted. */
const ASKED = new Set([
  'data: as it is',
  'data: type 54',
  'data: compression 0',
  'data: compression 17',
  'data: checksum 0',
  'data: checksum 2',
  'data: checksum 3',
  'data: checksum 15',
  'data: lsize 32768',
  'data: a vdev that there is not',
  'data: an offset whose bits are lost',
  'data: gang and an asize beyond the vdev',
  'data: the first address wrong, the second right but for its size',
  'data: redacted, more than 16 MiB',
  'data: a hole with a birth and a type that there is not',
  'data: a hole with a birth, a checksum and a physical size that there are not',
]);

describe.skipIf(programs === null)('a pool with one changed block pointer', () => {
  it('is judged as the code of OpenZFS judges it', async () => {
    const told: string[] = [];
    const wrong: string[] = [];
    const answers = comparePointers(
      pool('healthy-single'),
      (question) => judge.ask(question),
      (about) => ASKED.has(about),
    );
    for await (const { about, contradiction } of answers) {
      told.push(about);
      if (contradiction !== null) wrong.push(`${about}: ${contradiction}`);
    }
    expect(wrong).toEqual([]);
    expect(told).toHaveLength(ASKED.size);
  });
});
