import { asGuid, asTxg } from '../../src/bytes/units.ts';
import type { LabelConfig } from '../../src/format/labelConfig.ts';
import { decodeUberblock, type Uberblock } from '../../src/format/uberblock.ts';
import type { VdevConfig } from '../../src/format/vdevConfig.ts';
import type { DeviceSurvey, LabelStatus, SlotState, SlotSurvey } from '../../src/pool/survey.ts';
import { placeholder } from '../../src/pool/vdevTree.ts';

const MIB = 1024 * 1024;

export interface UberblockSpec {
  readonly txg: bigint;
  readonly timestamp?: bigint;
  readonly guidSum?: bigint;
  /** Tells root block pointers apart; the txg unless given. */
  readonly root?: bigint;
  readonly rootVdev?: number;
  /** Multihost sequence; 0 is a sync, more a heartbeat. */
  readonly sequence?: number;
  readonly checkpointTxg?: bigint;
  readonly reflow?: bigint;
  readonly version?: bigint;
  readonly state?: SlotState;
}

/** An uberblock by its bytes, so that it decodes as one from a disk does. */
export function uberblock(spec: UberblockSpec): Uberblock {
  const bytes = new Uint8Array(1024);
  const view = new DataView(bytes.buffer);
  const put = (offset: number, value: bigint) => view.setBigUint64(offset, value, true);
  put(0, 0xbab10cn);
  put(8, spec.version ?? 5000n);
  put(16, spec.txg);
  put(24, spec.guidSum ?? 0n);
  put(32, spec.timestamp ?? 1_700_000_000n + spec.txg);
  // One DVA of 8 sectors; object set, level 0, fletcher4, not compressed, little-endian.
  put(40, (BigInt(spec.rootVdev ?? 0) << 32n) | 8n);
  put(48, (spec.root ?? spec.txg) * 8n);
  put(40 + 48, (1n << 63n) | (11n << 48n) | (7n << 40n) | (2n << 32n) | (7n << 16n) | 7n);
  put(40 + 80, spec.txg);
  if (spec.sequence !== undefined) {
    put(176, 0xa11cea11n);
    put(184, 1_000_000_000n);
    put(192, (BigInt(spec.sequence) << 32n) | (1000n << 8n) | 3n);
  }
  put(200, spec.checkpointTxg ?? 0n);
  put(208, spec.reflow ?? 0n);
  return decodeUberblock(bytes, { source: 'made', offset: 0, path: [] });
}

/** A vdev; `children` make it an inner one. */
export function vdev(guid: bigint, more: Partial<VdevConfig> = {}): VdevConfig {
  return { ...placeholder('root', asGuid(guid), 0), type: 'file', path: `/v/${guid}`, ...more };
}

export interface DeviceSpec {
  readonly name: string;
  readonly sizeMib?: number;
  readonly pool?: bigint;
  readonly poolName?: string;
  readonly guid?: bigint;
  /** The top-level vdev of the label; null for a label that does not decode. */
  readonly tree?: VdevConfig | null;
  readonly txg?: bigint;
  readonly more?: Partial<LabelConfig>;
  /** Of the four labels; all ok unless given. */
  readonly statuses?: readonly LabelStatus[];
  readonly uberblocks?: readonly UberblockSpec[];
}

export function labelConfig(spec: DeviceSpec): LabelConfig | null {
  const { tree = null } = spec;
  if (tree === null && spec.more === undefined) return null;
  return {
    role: 'member',
    version: 5000n,
    name: spec.poolName ?? 'tank',
    state: 'active',
    txg: asTxg(spec.txg ?? 4n),
    poolGuid: asGuid(spec.pool ?? 1n),
    guid: asGuid(spec.guid ?? tree?.guid ?? 0n),
    topGuid: tree?.guid ?? null,
    hostid: 7n,
    hostname: 'lab',
    comment: null,
    vdevChildren: 1,
    holeArray: [],
    splitGuid: null,
    createTxg: null,
    vdevTree: tree,
    featuresForRead: [],
    nvlist: { pairs: [] },
    ...spec.more,
  };
}

/** What a survey of such a device would say; all four labels alike. */
export function device(spec: DeviceSpec): DeviceSurvey {
  const size = (spec.sizeMib ?? 64) * MIB;
  const config = labelConfig(spec);
  const slots = (spec.uberblocks ?? []).map(
    (each, index): SlotSurvey => ({
      index,
      offset: 128 * 1024 + index * 1024,
      state: each.state ?? (each.sequence !== undefined && each.sequence > 0 ? 'mmp' : 'valid'),
      uberblock: uberblock(each),
      trouble: null,
    }),
  );
  const statuses = spec.statuses ?? (config === null ? LOST : SOUND);
  return {
    source: { name: spec.name, size, read: () => Promise.reject(new Error('a made device has no bytes')) },
    alignedSize: size,
    labels: statuses.map((status, index) => ({
      index,
      offset: index * 256 * 1024,
      status,
      trouble: null,
      nvlist: null,
      config: status === 'ok' || status === 'bad-checksum' ? config : null,
      bootEnvironment: { status: 'ok', kind: 'blank', trouble: null },
      ring: { slotSize: 1024, slotSizeFrom: 'label', slots },
      sum: null,
    })),
    config,
    shift: null,
    hidden: null,
    signed: null,
  };
}

const SOUND: readonly LabelStatus[] = ['ok', 'ok', 'ok', 'ok'];
const LOST: readonly LabelStatus[] = ['empty', 'empty', 'empty', 'empty'];

/** A mirror of two files with their devices, both with the same uberblocks. */
export function mirrorPool(txgs: readonly bigint[]): DeviceSurvey[] {
  const tree = vdev(10n, { type: 'mirror', path: null, children: [vdev(11n), vdev(12n)] });
  const uberblocks = txgs.map((txg) => ({ txg, guidSum: 34n }));
  return [11n, 12n].map((guid) => device({ name: `d${guid}`, guid, tree, uberblocks }));
}
