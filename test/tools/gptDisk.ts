import { open } from 'node:fs/promises';
import { crc32 } from '../../src/source/crc32.ts';

const SECTOR = 512;
const ENTRIES_BYTES = 128 * 128;
/** Where the one partition begins. */
export const PARTITION_AT = 1024 * 1024;
/** `6a898cc3-1dd2-11b2-99a6-080020736631` as it is stored. */
const ZFS_TYPE = 'c38c896ad21db21199a6080020736631';

/** A disk with a GPT as `zpool create` makes one, whose partition 1 is the image; sparse as that is. */
export async function gptDisk(image: string, path: string): Promise<void> {
  const [from, to] = [await open(image, 'r'), await open(path, 'w+')];
  try {
    const { size } = await from.stat();
    const sectors = (PARTITION_AT + size) / SECTOR + 34;
    await to.truncate(sectors * SECTOR);
    const chunk = Buffer.alloc(PARTITION_AT);
    for (let at = 0; at < size; at += chunk.length) {
      const { bytesRead } = await from.read(chunk, 0, chunk.length, at);
      const part = chunk.subarray(0, bytesRead);
      if (part.some((byte) => byte !== 0)) await to.write(part, 0, bytesRead, PARTITION_AT + at);
    }
    const entries = Buffer.alloc(ENTRIES_BYTES);
    entries.write(ZFS_TYPE, 0, 'hex');
    entries.write('00112233445566778899aabbccddeeff', 16, 'hex');
    entries.writeBigUInt64LE(BigInt(PARTITION_AT / SECTOR), 32);
    entries.writeBigUInt64LE(BigInt((PARTITION_AT + size) / SECTOR - 1), 40);
    const last = sectors - 1;
    await to.write(protectiveRecord(last), 0, SECTOR, 0);
    await to.write(header(1, last, 2, entries), 0, 92, SECTOR);
    await to.write(entries, 0, ENTRIES_BYTES, 2 * SECTOR);
    await to.write(entries, 0, ENTRIES_BYTES, (last - 32) * SECTOR);
    await to.write(header(last, 1, last - 32, entries), 0, 92, last * SECTOR);
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

function protectiveRecord(last: number): Buffer {
  const record = Buffer.alloc(SECTOR);
  record.writeUInt8(0xee, 446 + 4);
  record.writeUInt32LE(1, 446 + 8);
  record.writeUInt32LE(last, 446 + 12);
  record.writeUInt16LE(0xaa55, 510);
  return record;
}

function header(own: number, other: number, entriesAt: number, entries: Buffer): Buffer {
  const bytes = Buffer.alloc(92);
  bytes.write('EFI PART', 0, 'latin1');
  bytes.writeUInt32LE(0x10000, 8);
  bytes.writeUInt32LE(92, 12);
  for (const [at, value] of [
    [24, own],
    [32, other],
    [40, 34],
    [48, Math.max(own, other) - 33],
    [72, entriesAt],
  ] as const) {
    bytes.writeBigUInt64LE(BigInt(value), at);
  }
  bytes.writeUInt32LE(128, 80);
  bytes.writeUInt32LE(128, 84);
  bytes.writeUInt32LE(crc32(entries), 88);
  bytes.writeUInt32LE(crc32(bytes), 16);
  return bytes;
}
