import type { Engine } from '../../block/engine.ts';
import { sealUnit } from '../../block/sealUnit.ts';
import { encode } from '../../bytes/encode.ts';
import { FormatError, UnsupportedError } from '../../bytes/errors.ts';
import { asGuid, SECTOR, type Txg } from '../../bytes/units.ts';
import { rootPointer } from '../../dataset/carveDisk.ts';
import { configOfRoot, proveBase, soleLeaves } from '../../dataset/carvedRoot.ts';
import { BLKPTR } from '../../format/blkptr.layout.ts';
import { Blkptr } from '../../format/blkptr.ts';
import { LABEL_REGIONS, TRAILER } from '../../format/label.layout.ts';
import { alignedSize, labelOffset, slotSizeOf } from '../../format/label.ts';
import type { LabelConfig } from '../../format/labelConfig.ts';
import { encodeXdrNvlist } from '../../format/nvlistEncode.ts';
import { UBERBLOCK, UBERBLOCK_MAGIC } from '../../format/uberblock.layout.ts';
import type { VdevConfig } from '../../format/vdevConfig.ts';
import { LARGEST_OBJSET, objsetAt } from '../../pool/carve/metObjset.ts';
import { guidSumOf } from '../../pool/guidSum.ts';
import type { DeviceSurvey, RootedLabels } from '../../pool/survey.ts';
import { LABEL_START } from '../../pool/vdevLeaf.ts';
import { nodeOf, placeholder, roleOf } from '../../pool/vdevTree.ts';
import type { Laid } from '../../source/overlaid.ts';
import { labelConfigAt } from './labelText.ts';
import { isTaken, uberblockBytes } from './ringPatches.ts';

const { config: CONFIG, ring: RING } = LABEL_REGIONS;

/** Nothing says that it was exported. Source: include/sys/fs/zfs.h, pool_state_t */
const ACTIVE = 0n;
/** That a pool with features was written with. Source: include/sys/fs/zfs.h, SPA_VERSION_FEATURES */
const WITH_FEATURES = 5000n;
/** Copies that a pointer leads to. Source: include/sys/spa.h, SPA_DVAS_PER_BP */
const MOST_DVAS = 3;

/** A root on a device, and what its meta-object set says of the pool. */
export interface FoundRoot {
  readonly device: DeviceSurvey;
  /** Byte of the device. */
  readonly at: number;
  readonly txg: Txg;
  /** To this copy alone. */
  readonly rootbp: Blkptr;
  readonly config: LabelConfig;
  readonly top: VdevConfig;
  /** Leaves that the device can be: any, as all hold the same. At least one. */
  readonly leaves: readonly VdevConfig[];
}

/**
 * The root of a pool at a place of a vdev.
 *
 * @param device the vdev, by what its label regions are
 * @param at byte of the vdev where the object set begins
 * @throws FormatError where there is no root of a pool, or the vdev does not begin so far before it; UnsupportedError where
 *   one device is not all of its top-level vdev; ZfsUberError when its config cannot be read
 */
export async function findRoot(
  device: DeviceSurvey,
  at: number,
  engine: Engine,
  signal?: AbortSignal,
): Promise<FoundRoot> {
  const { source } = device;
  const place = { source: source.name, offset: at, path: ['root'] };
  const refused = (expected: string, found: string) => new FormatError('format-value', 'root', expected, found, place);
  if (at < LABEL_START || at + SECTOR > source.size) throw refused('a place behind labels 0 and 1', `byte ${at}`);
  const bytes = await source.read(at, Math.min(LARGEST_OBJSET, source.size - at), signal);
  const objset = objsetAt(bytes, 0, at, source.name);
  if (objset?.type !== 'meta') throw refused('the meta-object set of a pool', objset?.type ?? 'no object set');
  const proven = await proveBase(source, objset.pointer, [0], engine, signal);
  if (proven === null) throw refused('what its first pointer leads to', 'other bytes: the vdev begins elsewhere');
  const pointer = async (unit: number): Promise<Blkptr> => {
    const found = await rootPointer(source, { ...objset, copies: [at] }, proven, engine, unit);
    if (found === null) throw refused(`${unit} bytes of it`, 'bytes that cannot be read');
    return found;
  };
  const config = await configOfRoot(device, proven.vdev, await pointer(SECTOR), engine, signal);
  const top = config.vdevTree?.children[proven.vdev];
  const leaves = soleLeaves(top);
  if (top === undefined || leaves.length === 0 || slotSizeOf(top.ashift) === null) {
    throw new UnsupportedError('its vdev is no disk and no mirror: one device is not enough', place);
  }
  const room = CONFIG.size - TRAILER.size;
  const text = textOf({ config, top, txg: objset.txg, littleEndian: objset.littleEndian }, leaves[0] ?? top);
  if (text.length > room) throw refused(`a config of at most ${room} bytes`, `${text.length} bytes`);
  // As long as what OpenZFS has allocated: it frees no part of a sector.
  const rootbp = await pointer(2 ** (top.ashift ?? 0));
  return { device, at, txg: objset.txg, rootbp, config, top, leaves };
}

type TextOf = Pick<FoundRoot, 'config' | 'top' | 'txg'> & { readonly littleEndian: boolean };

const textOf = ({ config, top, txg, littleEndian }: TextOf, leaf: VdevConfig): Uint8Array =>
  encodeXdrNvlist(labelConfigAt(config.nvlist, { top, leaf }, txg, ACTIVE), littleEndian);

/**
 * Labels for vdevs that have none, made of a root that was found on them: the text of the config that the meta-object set
 * keeps, and an uberblock that leads to the root, as a ring still has it or else made. What a root does not tell, when it
 * was written and by whom, is then 0.
 *
 * @param roots of any pools; copies of one root get one uberblock, and legs of one mirror are different leaves
 * @returns in the order of `roots`
 */
export async function labelsFromRoots(
  roots: readonly FoundRoot[],
  engine: Engine,
  signal?: AbortSignal,
): Promise<RootedLabels[]> {
  const taken = new Set<VdevConfig['guid']>();
  const rooted: RootedLabels[] = [];
  for (const root of roots) {
    const uberblock = await uberblockOf(
      roots.filter((each) => isSame(each, root)),
      root,
      signal,
    );
    const leaf = root.leaves.find(({ guid }) => !taken.has(guid)) ?? root.leaves[0];
    if (leaf === undefined) throw new RangeError('a root of no leaf');
    taken.add(leaf.guid);
    const { device, at, txg } = root;
    rooted.push({ at, txg, bare: device.source, laid: laidOver(root, leaf, uberblock, engine) });
  }
  return rooted;
}

/** All that is below hangs on the bytes, which the checksum is of. */
const isSame = (a: FoundRoot, b: FoundRoot): boolean =>
  a.config.poolGuid === b.config.poolGuid &&
  a.txg === b.txg &&
  a.rootbp.checksumWords.join() === b.rootbp.checksumWords.join();

function laidOver({ device, txg, rootbp, config, top }: FoundRoot, leaf: VdevConfig, slot: Uint8Array, engine: Engine) {
  const { source } = device;
  const littleEndian = rootbp.standsInLittleEndian;
  const text = textOf({ config, top, txg, littleEndian }, leaf);
  const slotSize = slotSizeOf(top.ashift) ?? RING.size;
  const sealed = (offset: number, size: number, content: Uint8Array): Laid => {
    const bytes = new Uint8Array(size);
    bytes.set(content);
    sealUnit(bytes, offset, littleEndian, engine);
    return { offset, bytes };
  };
  // Source: module/zfs/vdev_label.c, vdev_uberblock_sync
  const inRing = Number(txg % BigInt(RING.size / slotSize)) * slotSize;
  return [0, 1, 2, 3].flatMap((index) => {
    const label = labelOffset(alignedSize(source.size), index);
    return [
      sealed(label + CONFIG.offset, CONFIG.size, text),
      sealed(label + RING.offset + inRing, slotSize, slot.subarray(0, UBERBLOCK.size)),
    ];
  });
}

/** @param copies of `root`, itself among them */
async function uberblockOf(copies: readonly FoundRoot[], root: FoundRoot, signal?: AbortSignal): Promise<Uint8Array> {
  const sum = root.rootbp.checksumWords.join();
  const devices = copies.map(({ device }) => device);
  for (const slot of devices.flatMap(({ labels }) => labels.flatMap(({ ring }) => ring?.slots ?? []))) {
    if (slot.uberblock?.txg !== root.txg || !isTaken(slot)) continue;
    if (slot.uberblock.rootbp.checksumWords.join() !== sum) continue;
    const bytes = await uberblockBytes(devices, slot.uberblock, signal);
    if (bytes !== null) return bytes;
  }
  const { config, txg, rootbp } = root;
  const version = config.version ?? WITH_FEATURES;
  const found = { magic: UBERBLOCK_MAGIC, version, softwareVersion: version, txg: txg as bigint };
  const unknown = { timestamp: 0n, mmpMagic: 0n, mmpDelay: 0n, mmpConfig: 0n, checkpointTxg: 0n, raidzReflow: 0n };
  const pointer = withCopies(copies.map((each) => each.rootbp)).bytes;
  const values = { ...found, ...unknown, guidSum: guidSumIn(config), rootbp: pointer };
  return encode(UBERBLOCK, values, rootbp.standsInLittleEndian);
}

/** One pointer to what each of `pointers` has one address of. */
function withCopies(pointers: readonly Blkptr[]): Blkptr {
  const dvas = new Map<string, Uint8Array>();
  const size = BLKPTR.fields.dva1.offset - BLKPTR.fields.dva0.offset;
  for (const { bytes } of pointers) {
    const dva = bytes.subarray(BLKPTR.fields.dva0.offset, BLKPTR.fields.dva0.offset + size);
    dvas.set(dva.join(), dva);
  }
  const [first] = pointers;
  if (first === undefined) throw new RangeError('a pointer to nothing');
  const bytes = first.bytes.slice();
  // In one order, whichever device is looked at.
  for (const [i, key] of [...dvas.keys()].sort().slice(0, MOST_DVAS).entries()) {
    bytes.set(dvas.get(key) ?? [], BLKPTR.fields.dva0.offset + i * size);
  }
  return new Blkptr(bytes, first.standsInLittleEndian, first.place);
}

function guidSumIn({ vdevTree, poolGuid }: LabelConfig): bigint {
  const tops = vdevTree?.children ?? [];
  const config: VdevConfig = { ...placeholder('root', poolGuid ?? asGuid(0n), 0), children: tops };
  const children = tops.map((top) => nodeOf(top, roleOf(top), () => null, 1));
  return guidSumOf({ config, role: 'root', device: null, children });
}
