import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Asked, addToRecord, readRecord, tableOf, withTable } from './record.ts';

const path = join(tmpdir(), `zfs-uber-record-${process.pid}.tsv`);
afterAll(() => rmSync(path, { force: true }));

const asked = (seed: number, kind: string, more: Partial<Asked> = {}): Asked => ({
  zfs: '2.3',
  seed,
  kind,
  txgsWanted: 10,
  txgs: 8,
  answers: 20,
  contradictions: 0,
  ...more,
});

describe('the record of what was asked', () => {
  it('keeps what earlier runs asked, and of a pool that was asked again the last answer', () => {
    addToRecord(path, [asked(2, 'mirror/plain/rot', { contradictions: 3 }), asked(1, 'single/plain/none')]);
    addToRecord(path, [asked(2, 'mirror/plain/rot'), asked(2, 'mirror/plain/rot', { zfs: '2.4' })]);
    expect(readRecord(path)).toEqual([
      asked(1, 'single/plain/none'),
      asked(2, 'mirror/plain/rot'),
      asked(2, 'mirror/plain/rot', { zfs: '2.4' }),
    ]);
  });

  it('counts a pool for its layout and for each history and damage, and once in all', () => {
    const table = tableOf([
      asked(1, 'single/plain+rewind/rot'),
      asked(2, 'single/plain/rot+stale', { answers: 5, zfs: '2.4' }),
    ]);
    expect(table.slice(2)).toEqual([
      '| damage | rot | 2 | 16 | 25 | 0 |',
      '| damage | stale | 1 | 8 | 5 | 0 |',
      '| history | plain | 2 | 16 | 25 | 0 |',
      '| history | rewind | 1 | 8 | 20 | 0 |',
      '| layout | single | 2 | 16 | 25 | 0 |',
      '| all | asked of 2.3 | 1 | 8 | 20 | 0 |',
      '| all | asked of 2.4 | 1 | 8 | 5 | 0 |',
      '| all | in all | 2 | 16 | 25 | 0 |',
    ]);
  });

  it('writes the table between the marks of a document and nowhere else', () => {
    const document = 'before\n<!-- table of npm run truth -->\nold\n<!-- end of it -->\nafter\n';
    expect(withTable(document, ['| new |'])).toBe(
      'before\n<!-- table of npm run truth -->\n\n| new |\n\n<!-- end of it -->\nafter\n',
    );
    expect(() => withTable('no marks', [])).toThrow('no marks');
  });
});
