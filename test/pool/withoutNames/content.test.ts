import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packZle } from '../../../src/block/packZle.ts';
import { zle } from '../../../src/block/zle.ts';
import { encode } from '../../../src/bytes/encode.ts';
import { FormatError } from '../../../src/bytes/errors.ts';
import { BLKPTR } from '../../../src/format/blkptr.layout.ts';
import { Blkptr } from '../../../src/format/blkptr.ts';
import { decodeMicroZap } from '../../../src/format/microZap.ts';
import { OBJECT_TYPE } from '../../../src/format/objectTypes.ts';
import { MICRO_ZAP, MICRO_ZAP_ENTRY, ZAP_BLOCK } from '../../../src/format/zap.layout.ts';
import { answerFrom } from '../../../src/pool/answerText.ts';
import { aliases } from '../../../src/pool/withoutNames/alias.ts';
import { contentWithoutNames } from '../../../src/pool/withoutNames/content.ts';
import { stays } from '../../../src/pool/withoutNames/zapNames.ts';

const PLACE = { source: 'x', offset: 0, path: [] };
const ALIASES = aliases(new Uint8Array(32).fill(7));
const [CHILD_MAP, SNAP_MAP, PROPERTIES, BOOKMARKS] = [13, 14, 15, 0xc4];

function pointerTo(type: number, level = 0, littleEndian = true): Blkptr {
  const props = (BigInt(type) << 48n) | (BigInt(level) << 56n) | (BigInt(littleEndian) << 63n);
  const words = { dva0: [1n, 1n], dva1: [0n, 0n], dva2: [0n, 0n], checksum: [0n, 0n, 0n, 0n] };
  const bytes = new Uint8Array(BLKPTR.size);
  new DataView(bytes.buffer).setBigUint64(BLKPTR.fields.props.offset, props, true);
  new DataView(bytes.buffer).setBigUint64(0, words.dva0[0] ?? 0n, true);
  return new Blkptr(bytes, true, PLACE);
}

/** A micro ZAP of these names, each with its index for a value. */
function microZap(names: readonly string[], littleEndian: boolean): Uint8Array {
  const parts = [encode(MICRO_ZAP, { blockType: ZAP_BLOCK.micro, salt: 5n, normFlags: 0n }, littleEndian)];
  for (const [i, name] of names.entries()) {
    const entry = { value: BigInt(i), differentiator: 0, name: new TextEncoder().encode(name) };
    parts.push(encode(MICRO_ZAP_ENTRY, entry, littleEndian));
  }
  return Uint8Array.from(Buffer.concat(parts));
}

const name = fc.string({ unit: fc.constantFrom(...'abcdefghij'), minLength: 5, maxLength: 49 });

describe('what is left of a block without names', () => {
  it('has the values of a ZAP by names of the same length, none of which is one of its own', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { maxLength: 8 }),
        fc.constantFrom(CHILD_MAP, SNAP_MAP, OBJECT_TYPE.directory),
        fc.boolean(),
        async (names, type, littleEndian) => {
          const block = microZap(names, littleEndian);
          const left = await contentWithoutNames(pointerTo(type, 0, littleEndian), block, ALIASES);
          const { entries } = decodeMicroZap(left ?? new Uint8Array(0), littleEndian, PLACE);
          expect(entries.map((entry) => entry.integer)).toEqual(names.map((_, i) => BigInt(i)));
          expect(entries.map((entry) => entry.name.length)).toEqual(names.map(({ length }) => length));
          for (const own of names) expect(Buffer.from(left ?? []).includes(own)).toBe(false);
        },
      ),
    ));

  it('is as long as it was, or nothing, for any bytes of any type', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 4096 }),
        fc.nat({ max: 255 }),
        fc.nat({ max: 2 }),
        fc.boolean(),
        async (bytes, type, level, littleEndian) => {
          const left = await contentWithoutNames(pointerTo(type, level, littleEndian), bytes, ALIASES);
          if (left !== null) expect(left).toHaveLength(bytes.length);
        },
      ),
    ));

  it('has the names that ZFS chooses, and none that people do', () => {
    expect(stays(CHILD_MAP, '$MOS', 3n).name).toBe(true);
    expect(stays(CHILD_MAP, 'deadbeef', 3n).name).toBe(false);
    expect(stays(PROPERTIES, 'mountpoint$recvd', null)).toEqual({ name: true, bytes: false });
    expect(stays(PROPERTIES, 'com.sun:auto-snapshot', null).name).toBe(false);
    expect(stays(OBJECT_TYPE.objectDirectory, 'root_dataset', 3n).name).toBe(true);
    expect(stays(BOOKMARKS, 'com.delphix:bookmarks', 3n).name).toBe(true);
    expect(stays(BOOKMARKS, '20260101', null).name).toBe(false);
    expect(stays(BOOKMARKS, '9f', 3n).name).toBe(true);
  });

  it('has no data of files', async () => {
    expect(await contentWithoutNames(pointerTo(OBJECT_TYPE.plainFile), new Uint8Array(512), ALIASES)).toBeNull();
  });
});

describe('an alias', () => {
  it('is the same for a name, and another with another secret', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const alias = ALIASES.aliasOf(bytes);
        expect(ALIASES.aliasOf(bytes)).toEqual(alias);
        expect(alias).toHaveLength(bytes.length);
        if (bytes.length >= 16) expect(aliases(new Uint8Array(32)).aliasOf(bytes)).not.toEqual(alias);
      }),
    );
  });
});

it('zle undoes what packZle does', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 0, 0, 7), { minLength: 1, maxLength: 2000 }), (values) => {
      const bytes = Uint8Array.from(values);
      const packed = packZle(bytes, 4000);
      expect(zle(packed ?? new Uint8Array(0), bytes.length, PLACE)).toEqual(bytes);
      expect(packZle(bytes, (packed?.length ?? 0) - 1)).toBeNull();
    }),
  );
});

it('an answer that this program does not make has a FormatError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      try {
        answerFrom(text, PLACE);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
  );
});
