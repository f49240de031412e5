import { expect, it } from 'vitest';
import { Blkptr } from '../../src/format/blkptr.ts';
import { type Child, visitChildren } from '../../src/traverse/children.ts';
import { putPointer } from '../dataset/forgedBlocks.ts';

it('numbers the blocks below an indirect block by what it has room for, also where holes at its end are lacking', () => {
  const place = { source: 'forged', offset: 0, path: [] };
  const parent = new Uint8Array(128);
  putPointer(parent, 0, { at: 1, level: 2, size: 4096 });
  const whole = new Uint8Array(4096);
  for (const index of [0, 2]) putPointer(whole, index * 128, { at: 10 + index, level: 1, size: 4096 });
  const child: Child = {
    ...{ view: new DataView(parent.buffer), at: 0, littleEndian: true, order: 0 },
    ...{ object: 7, level: 2, blockId: 3, role: 'object' },
  };
  const bp = new Blkptr(parent, true, place);
  const numbers = [whole, whole.slice(0, 3 * 128)].map((bytes) => {
    const found: number[] = [];
    visitChildren(
      bp,
      bytes,
      child,
      { mos: false, objset: 1, min: 0 },
      {
        passesOver: (view, at) => view.getUint32(at + 8) === 0,
        visit: (_view, _at, _littleEndian, _order, _object, _level, blockId) => void found.push(blockId),
      },
    );
    return found;
  });
  expect(numbers).toEqual([
    [96, 98],
    [96, 98],
  ]);
});
