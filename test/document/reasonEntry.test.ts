import { expect, it } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import { asGuid, asTxg } from '../../src/bytes/units.ts';
import { reasonEntries } from '../../src/document/reasonEntry.ts';
import type { Reason } from '../../src/load/reason.ts';
import { UnavailableBlockError } from '../../src/pool/blockRead.ts';

const PLACE = { source: 'd0', offset: 4096, path: ['ring', 'rootbp'] };
const LOST = new UnavailableBlockError('lost', [{ place: PLACE, vdev: 'd0', outcome: 'wrong', error: null }], PLACE, [
  '0:1000',
  '0:2000',
]);

const entryOf = (reason: Reason) => {
  const { reasons, reasonData } = reasonEntries([reason]);
  return { words: reasons[0], data: reasonData[0] };
};

it('says of what cannot be read what it was and where it was looked for, and in short which block it is', () => {
  const what = { role: 'deadlist', of: { dataset: 'tank/a', snapshot: 'last' } } as const;
  expect(entryOf({ code: 'unreadable', what, error: LOST, step: 'spa_ld_get_props' })).toEqual({
    words:
      'cannot read the list of freed blocks (deadlist) of the last snapshot of tank/a: no copy of block 0:1000, 0:2000 is sound (ring > rootbp): d0 @ 0x1000',
    data: {
      code: 'unreadable',
      step: 'spa_ld_get_props',
      brief:
        'cannot read the list of freed blocks (deadlist) of the last snapshot of tank/a: no copy of block 0:1000 is sound',
      what: { role: 'deadlist', dataset: 'tank/a', snapshot: 'last' },
      copies: ['0:1000', '0:2000'],
      error: { code: 'unavailable', source: 'd0', offsetBytes: '4096' },
    },
  });
});

it('names the block of metadata that is lost by its place in the pool', () => {
  const block = { dataset: 54n, name: null, object: 7n, level: 1, blockId: 3n, what: 'indirect', copies: [] } as const;
  const { words, data } = entryOf({ code: 'block-lost', block, error: null, blocks: 2 });
  expect(words).toBe(
    'cannot read pointer (indirect) block 3 of level 1 of object 7 of dataset 54: OpenZFS does not follow the block pointer to nowhere; 2 blocks of metadata are bad in all',
  );
  expect(data).toMatchObject({
    block: { datasetObject: '54', dataset: null, object: '7', level: 1, blockId: '3' },
    blocks: 2,
  });
});

it('gives numbers of 64 bits as decimal strings', () => {
  const guid = asGuid(2n ** 64n - 1n);
  const reasons: Reason[] = [
    { code: 'guid-sum-differs', config: guid, uberblock: 1n },
    { code: 'newer-open', txg: asTxg(9n), error: null },
    { code: 'device-to-be-at', guid, path: null },
    {
      code: 'config-top-closed',
      top: { name: 'mirror-0', guid },
      closed: [{ name: 'd1', guid, refusal: { code: 'offline' } }],
    },
    {
      code: 'nonsense',
      what: { role: 'indirect births', vdevId: 3n },
      error: new FormatError('format-value', 'a', 'b', 'c', PLACE),
    },
  ];
  const text = JSON.stringify(reasonEntries(reasons).reasonData);
  expect(text.match(/"18446744073709551615"/g)).toHaveLength(4);
  expect(text).toContain('"vdevId":"3"');
  expect(text).toContain('"refusal":"offline"');
});

it('says what is wrong with something that was asked for, and has it as data', () => {
  const need = 'tank/a:/f';
  expect(entryOf({ code: 'need-damaged', need, trouble: { kind: 'blocks-lost', blocks: 2 } })).toEqual({
    words: 'tank/a:/f is damaged: 2 of its blocks cannot be read',
    data: expect.objectContaining({ code: 'need-damaged', need, trouble: 'blocks-lost', blocks: 2 }),
  });
  expect(entryOf({ code: 'need-unknown', need, trouble: { kind: 'encrypted' } }).words).toContain('without the key');
  const lost = entryOf({ code: 'need-unknown', need, trouble: { kind: 'error', error: LOST } }).data;
  expect(lost).toMatchObject({ trouble: 'error', error: { code: 'unavailable', source: 'd0' } });
  expect(lost?.brief).toBe('tank/a:/f cannot be told of: no copy of block 0:1000 is sound');
});
