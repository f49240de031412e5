import { describe, expect, it } from 'vitest';
import type { ZfsUberError } from '../../src/bytes/errors.ts';
import { readHistory } from '../../src/dataset/history.ts';
import type { Mos } from '../../src/dataset/mos.ts';
import { encodeXdr } from '../tools/nvlistEncode.ts';
import { ForgedReader, forgedObject } from './forgedBlocks.ts';

/** An XDR nvlist with one string. */
const packed = (command: string): Uint8Array =>
  encodeXdr({ pairs: [{ name: 'history command', type: 'string', value: command }] });

/** Length and list, as they lie in the ring. */
function record(command: string): Uint8Array {
  const list = packed(command);
  const bytes = new Uint8Array(8 + list.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(list.length), true);
  bytes.set(list, 8);
  return bytes;
}

const SIZE = 1024;

function forged(content: Uint8Array, offsets: readonly number[]): Mos {
  const reader = new ForgedReader();
  const block = new Uint8Array(SIZE);
  block.set(content.subarray(0, SIZE));
  reader.blocks.set(1, block);
  const bonus = new Uint8Array(40);
  for (const [i, offset] of offsets.entries()) new DataView(bonus.buffer).setBigUint64(i * 8, BigInt(offset), true);
  const pointers = [{ at: 1, level: 0, size: SIZE, type: 29 }];
  const object = forgedObject(reader, { levels: 1, pointers, blockSize: SIZE, type: 29, bonusType: 30, bonus });
  const mos = { directory: { integer: () => Promise.resolve(7n) }, object: () => Promise.resolve(object) };
  return mos as unknown as Mos;
}

async function commands(mos: Mos): Promise<{ texts: string[]; troubles: string[] }> {
  const texts: string[] = [];
  const troubles: string[] = [];
  const onTrouble = ({ message }: ZfsUberError) => troubles.push(message);
  for await (const { text } of readHistory(mos, { onTrouble })) texts.push(text);
  return { texts, troubles };
}

describe('readHistory', () => {
  const create = record('zpool create tank');
  const [first, second] = [record('zfs create tank/a'), record('zfs destroy tank/a')];

  it('gives the creation and what follows', async () => {
    const content = new Uint8Array([...create, ...first, ...second]);
    const mos = forged(content, [create.length, SIZE, create.length, content.length, 0]);
    expect(await commands(mos)).toEqual({
      texts: ['zpool create tank', 'zfs create tank/a', 'zfs destroy tank/a'],
      troubles: [],
    });
  });

  it('follows a record around the end of the ring, to behind the creation', async () => {
    const content = new Uint8Array(SIZE);
    content.set(create);
    content.set(second.subarray(second.length - 20), create.length);
    content.set(first, create.length + 20);
    content.set(second.subarray(0, second.length - 20), create.length + 20 + first.length);
    const physicalEnd = create.length + first.length + second.length;
    const begin = create.length + 20;
    const mos = forged(content, [create.length, physicalEnd, begin, begin + first.length + second.length, 3]);
    expect((await commands(mos)).texts).toEqual(['zpool create tank', 'zfs create tank/a', 'zfs destroy tank/a']);
  });

  it('goes on behind a record that does not decode', async () => {
    const broken = first.slice();
    broken[8] = 99;
    const content = new Uint8Array([...create, ...broken, ...second]);
    const { texts, troubles } = await commands(
      forged(content, [create.length, SIZE, create.length, content.length, 0]),
    );
    expect(texts).toEqual(['zpool create tank', 'zfs destroy tank/a']);
    expect(troubles).toEqual([expect.stringContaining('nvlist encoding')]);
  });

  it.each([
    ['of nothing', 0n],
    ['that passes the end', 900n],
    ['of 2^63 bytes', 2n ** 63n],
  ])('ends at a length %s', async (_, length) => {
    const content = new Uint8Array([...create, ...first, ...second]);
    new DataView(content.buffer).setBigUint64(create.length, length, true);
    const { texts, troubles } = await commands(
      forged(content, [create.length, SIZE, create.length, content.length, 0]),
    );
    expect(texts).toEqual(['zpool create tank']);
    expect(troubles).toEqual([expect.stringContaining('history record at')]);
  });

  it('reads no 2^60 bytes of records that the object has not', async () => {
    const mos = forged(create, [create.length, 2 ** 52, create.length, 2 ** 51, 0]);
    const { texts, troubles } = await commands(mos);
    expect(texts).toEqual(['zpool create tank']);
    expect(troubles).toHaveLength(1);
  });
});
