import { FormatError } from '../../src/bytes/errors.ts';
import { asGuid, asTxg } from '../../src/bytes/units.ts';
import type { SourceDescription } from '../../src/document/sourceEntry.ts';
import { Blkptr } from '../../src/format/blkptr.ts';
import type { LabelConfig } from '../../src/format/labelConfig.ts';
import type { NvList, NvPair } from '../../src/format/nvlist.ts';
import type { Uberblock } from '../../src/format/uberblock.ts';
import type { DeviceSurvey, LabelSurvey, SlotState, SlotSurvey } from '../../src/pool/survey.ts';

// Surveys as they come from reading label regions, made by hand.

const SIZE = 64 * 1024 * 1024;
const place = (offset: number) => ({ source: 'disk0.img', offset, path: [] });

export const DESCRIPTION: SourceDescription = {
  path: 'disk0.img',
  kind: 'raw',
  sizeBytes: SIZE,
  offsetBytes: 0n,
  error: null,
  hidden: null,
};

export function uberblock(txg: bigint, about: Partial<Uberblock> = {}): Uberblock {
  return {
    version: 5000n,
    txg: asTxg(txg),
    guidSum: 2n ** 64n - 1n,
    timestamp: 1700000000n + txg,
    rootbp: new Blkptr(new Uint8Array(128), true, place(0)),
    softwareVersion: 5000n,
    mmp: null,
    checkpointTxg: asTxg(0n),
    raidzReflow: { offset: 0n, state: 0 },
    littleEndian: true,
    ...about,
  };
}

export function slot(index: number, state: SlotState, content: Uberblock | null = null): SlotSurvey {
  const failed = state === 'checksum' || state === 'torn' || state === 'unreadable';
  const offset = 131072 + index * 8192;
  const trouble = failed ? new FormatError('format-value', 'slot', 'a checksum', 'another', place(offset)) : null;
  return { index, offset, state, uberblock: content, trouble };
}

const pair = (name: string, type: NvPair['type'], value: NvPair['value']): NvPair => ({ name, type, value });

export const nvlist = (name: string, txg: bigint): NvList => ({
  pairs: [
    pair('name', 'string', name),
    pair('txg', 'uint64', txg),
    pair('pool_guid', 'uint64', 2n ** 63n),
    pair('vdev_tree', 'nvlist', { pairs: [pair('type', 'string', 'disk'), pair('path', 'string', `/dev/${name}`)] }),
  ],
});

function config(list: NvList, txg: bigint): LabelConfig {
  return {
    role: 'member',
    version: 5000n,
    name: 'tank',
    state: 'active',
    txg: asTxg(txg),
    poolGuid: asGuid(2n ** 63n),
    guid: asGuid(11n),
    topGuid: asGuid(12n),
    hostid: null,
    hostname: null,
    comment: null,
    vdevChildren: 1,
    holeArray: [],
    splitGuid: null,
    createTxg: null,
    vdevTree: null,
    featuresForRead: null,
    nvlist: list,
  };
}

export function labelSurvey(
  index: number,
  slots: readonly SlotSurvey[],
  about: Partial<LabelSurvey> = {},
): LabelSurvey {
  const list = nvlist('tank', 42n);
  return {
    index,
    offset: index < 2 ? index * 262144 : SIZE - (4 - index) * 262144,
    status: 'ok',
    trouble: null,
    nvlist: list,
    config: config(list, 42n),
    bootEnvironment: { status: 'ok', kind: 'blank', trouble: null },
    ring: { slotSize: 8192, slotSizeFrom: 'label', slots },
    sum: null,
    ...about,
  };
}

export const survey = (labels: readonly LabelSurvey[]): DeviceSurvey => ({
  source: { name: 'disk0.img', size: SIZE, read: () => Promise.reject(new Error('the builders read nothing')) },
  alignedSize: SIZE,
  labels,
  config: labels[0]?.config ?? null,
  shift: null,
  hidden: null,
  signed: null,
});
