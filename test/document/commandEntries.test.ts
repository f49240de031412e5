import { describe, expect, it } from 'vitest';
import { commandEntries } from '../../src/document/commandEntries.ts';

describe('the commands of a document', () => {
  const command = (path: string) => ['zpool', 'import', '-d', path, 'tank'];

  it('stand as they are where every word is UTF-8', () => {
    const [readOnly, readWrite] = [command('/größe'), command('/e/b')];
    expect(commandEntries({ readOnly, readWrite })).toEqual({ commandReadOnly: readOnly, commandReadWrite: readWrite });
  });

  it('come with the bytes of each word where text cannot hold one', () => {
    const readOnly = command('/e/\udcffé');
    const { commandReadOnlyBytes = [], commandReadWriteBytes } = commandEntries({ readOnly, readWrite: [] });
    expect(commandReadOnlyBytes[3]).toBe('2f652fffc3a9');
    expect(commandReadOnlyBytes.map((word) => Buffer.from(word, 'hex').toString('latin1'))).toEqual([
      'zpool',
      'import',
      '-d',
      '/e/\xff\xc3\xa9',
      'tank',
    ]);
    expect(commandReadWriteBytes).toBeUndefined();
  });
});
