import { FormatError, UnsupportedError, ZfsUberError } from '../../bytes/errors.ts';
import { asGuid, type Guid, type Txg } from '../../bytes/units.ts';
import { openPoolAt } from '../../dataset/openAt.ts';
import { LABEL_REGIONS } from '../../format/label.layout.ts';
import { slotSizeOf } from '../../format/label.ts';
import type { VdevConfig } from '../../format/vdevConfig.ts';
import type { Candidate } from '../../load/candidates.ts';
import { LARGE_LABEL } from '../../load/knownFeatures.layout.ts';
import { firstToKnow } from '../../load/openzfs.ts';
import { vdevRef } from '../../load/reason.ts';
import { keptState } from '../../pool/keptState.ts';
import type { Pool, VdevNode } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { leavesOf, vdevHealth } from '../../pool/vdevHealth.ts';
import type { Laid } from '../../source/overlaid.ts';
import { divergenceOf, isOn } from '../findings/divergence.ts';
import { hasLargeLabel } from '../findings/largeLabels.ts';
import { type BoundTree, bindLeaves } from './bindLeaves.ts';
import { chosenBytes, newestTxg, type OverlayBlocks, raised } from './chosenUberblock.ts';
import { labelPatches } from './labelPatches.ts';
import { labelConfigAt } from './labelText.ts';
import type { OverlayDevice, OverlayMethod, OverlayPlan, OverlayRefusal, Patch } from './plan.ts';
import { hiddenSlots, placedUberblock, restoredRings } from './ringPatches.ts';
import { warningsOf } from './warnings.ts';

export interface OverlayOptions {
  readonly blocks: OverlayBlocks;
  /** How the txg comes to be the one that is loaded; a checkpoint is always raised. */
  readonly method: OverlayMethod;
  /** Leaves the pool's state in the labels as it is: an import may then need `-f`, or `-D`. */
  readonly keepState: boolean;
  /** Devices that the user says are a leaf, by its guid. */
  readonly assumed: ReadonlyMap<Guid, DeviceSurvey>;
  /**
   * Devices that left the pool and are taken for members again: the uberblock that each kept has txg 0 on the disk, and
   * the txg at which it was written in the survey.
   */
  readonly revived?: ReadonlySet<DeviceSurvey>;
  /** Seconds since 1970: the time of a raised uberblock. */
  readonly now: bigint;
  readonly signal?: AbortSignal | undefined;
}

/** Source: include/sys/fs/zfs.h, pool_state_t */
const EXPORTED = 1n;

/**
 * What to lay over the devices of a pool so that `zpool import` without any option loads `candidate`, read-write, and the
 * next import goes on from there: uberblocks that come before it are blanked in every ring, and the labels say what they
 * said then. Nothing is written: the patches are bytes of their own.
 *
 * A plain import takes the newest uberblock of all leaves; wants of each a label no newer than that, which names the leaf
 * and the pool as the MOS of that txg does; and verifies only what the last three txgs wrote.
 *
 * @param all candidates of `pool`, newest first
 * @throws the reason of `signal`
 * Source: module/zfs/vdev_label.c, vdev_uberblock_load; module/zfs/vdev.c, vdev_validate; lib/libzutil/zutil_import.c
 */
export async function planOverlay(
  pool: Pool,
  all: readonly Candidate[],
  candidate: Candidate,
  options: OverlayOptions,
): Promise<OverlayPlan> {
  const method = candidate.checkpoint === null ? options.method : 'raise';
  const loads = method === 'hide' ? candidate.txg : ((newestTxg(pool) + 1n) as Txg);
  const empty = { candidate, method, loads, devices: [], root: null, poolGuid: pool.guid, warnings: [] };
  const refuse = (refusal: OverlayRefusal): OverlayPlan => ({ ...empty, refusal });
  if (pool.root === null) return refuse({ code: 'no-tree' });
  // It would patch what stays of the old labels, while an import reads the large ones.
  if (pool.devices.some(hasLargeLabel)) return refuse({ code: 'features-unknown', features: [LARGE_LABEL] });
  const reflow = reflowOf(all, candidate);
  if (reflow !== null) return refuse(reflow);
  const config = await configAt(pool, pool.root, candidate, options);
  if (config instanceof ZfsUberError) return refuse({ code: 'config-unreadable', error: config });
  const { tree, nvlist, poolGuid, features } = config;
  const unknown = features.filter((guid) => firstToKnow(guid) === null);
  if (unknown.length > 0) return refuse({ code: 'features-unknown', features: unknown });
  const { left, first } = otherBranches(all, candidate);
  const bound = bindLeaves(tree, pool, options.assumed, left);
  const lacking = firstMissing(bound.root);
  if (lacking !== null) {
    const together = left.size > 0 && firstMissing(bindLeaves(tree, pool, options.assumed, new Set()).root) === null;
    if (together && first !== null) return refuse({ code: 'branches-together', first, devices: [...left] });
    const leaves = [...leavesOf(lacking)].filter(({ device }) => device === null).map(vdevRef);
    return refuse({ code: 'vdev-missing', top: vdevRef(lacking), leaves });
  }
  const chosen = await raisedOrNull(pool, pool.root, all, candidate, method, loads, bound, options);
  if (chosen === 'uberblock-form') return refuse({ code: chosen });
  const state = options.keepState ? null : EXPORTED;
  const devices: OverlayDevice[] = [];
  for (const { top, leaf } of leavesIn(bound.root)) {
    const { device } = leaf;
    const slotSize = slotSizeOf(top.config.ashift);
    if (device === null || slotSize === null) continue;
    try {
      const text = labelConfigAt(nvlist, { top: top.config, leaf: leaf.config }, loads, state ?? 0n);
      const { littleEndian } = candidate.uberblock;
      const { engine } = options.blocks;
      const patches = [
        ...(device.rooted?.laid ?? []).map((laid) => ({ ...laid, why: whyLaid(laid) })),
        ...(method === 'hide' ? hiddenSlots(device, slotSize, candidate.uberblock) : []),
        ...(await restoredRings(device, slotSize, candidate.uberblock, engine, options.signal)),
        ...(chosen === null
          ? []
          : placedUberblock(
              device,
              slotSize,
              chosen,
              loads,
              method === 'hide' ? 'uberblock-restored' : 'uberblock-raised',
              engine,
            )),
        ...(await labelPatches(device, {
          nvlist: text,
          txg: loads,
          state,
          littleEndian,
          engine,
          signal: options.signal,
        })),
      ];
      const by = bound.by.get(leaf.config.guid) ?? 'label';
      devices.push({ device, leaf, by, patches: inPlaces(patches) });
    } catch (error) {
      if (error instanceof FormatError || error instanceof UnsupportedError)
        return refuse({ code: 'label-form', device, error });
      throw error;
    }
  }
  const plan = { ...empty, devices, root: bound.root, poolGuid, refusal: null };
  return { ...plan, warnings: warningsOf(pool, plan, nvlist) };
}

/**
 * Data is moved in place while a raidz grows: OpenZFS refuses another state of that than the newest uberblock's. Hidden
 * uberblocks it cannot see.
 *
 * Source: module/zfs/vdev_label.c, vdev_uberblock_load
 */
function reflowOf(all: readonly Candidate[], { uberblock }: Candidate): OverlayRefusal | null {
  const newest = (all.find(({ taken }) => taken) ?? all[0])?.uberblock ?? uberblock;
  const [then, since] = [uberblock.raidzReflow, newest.raidzReflow];
  if (then.offset === since.offset && then.state === since.state) return null;
  return { code: 'reflow-differs', at: then.offset, newest: since.offset };
}

interface ConfigAt {
  readonly nvlist: Parameters<typeof labelConfigAt>[0];
  readonly tree: VdevConfig;
  readonly poolGuid: Guid;
  readonly features: readonly string[];
}

async function configAt(
  pool: Pool,
  root: VdevNode,
  { uberblock }: Candidate,
  { blocks, signal }: OverlayOptions,
): Promise<ConfigAt | ZfsUberError> {
  try {
    const { view } = await openPoolAt(pool, root, uberblock, blocks.open, { signal });
    const { vdevTree, poolGuid, featuresForRead, nvlist } = view.config;
    if (vdevTree === null || poolGuid === null) {
      const { place } = uberblock.rootbp;
      return new FormatError('format-value', 'config in the MOS', 'a vdev_tree and a pool_guid', 'none', place);
    }
    return { nvlist, tree: vdevTree, poolGuid: asGuid(poolGuid), features: featuresForRead ?? [] };
  } catch (error) {
    if (error instanceof ZfsUberError) return error;
    throw error;
  }
}

/** Devices that went on without those that carry the candidate; none where it is of before they parted. */
function otherBranches(
  all: readonly Candidate[],
  candidate: Candidate,
): { readonly left: ReadonlySet<DeviceSurvey>; readonly first: Txg | null } {
  const divergence = divergenceOf(all);
  if (divergence === null || candidate.txg < divergence.first) return { left: new Set(), first: null };
  const { branches, first } = divergence;
  const own = branches.filter((branch) => isOn(candidate, branch));
  const others = own.length === 1 ? branches.filter((branch) => !own.includes(branch)).flat() : [];
  return { left: new Set(others), first };
}

/** A top-level vdev that does not open with the devices that are there; a log is done without. */
function firstMissing({ children }: VdevNode): VdevNode | null {
  const opens = ({ device, config }: VdevNode): boolean => device !== null && keptState(config) === null;
  return children.find((top) => top.role !== 'log' && vdevHealth(top, opens) === 'missing') ?? null;
}

function* leavesIn({ children }: VdevNode): Generator<{ readonly top: VdevNode; readonly leaf: VdevNode }> {
  for (const top of children) for (const leaf of leavesOf(top)) yield { top, leaf };
}

/** What has to be put into the rings; null where they have it. */
async function raisedOrNull(
  ...[pool, root, all, candidate, method, loads, bound, options]: [
    Pool,
    VdevNode,
    readonly Candidate[],
    Candidate,
    OverlayMethod,
    Txg,
    BoundTree,
    OverlayOptions,
  ]
): Promise<Uint8Array | null | 'uberblock-form'> {
  const devices = new Set([...leavesOf(bound.root)].flatMap(({ device }) => device ?? []));
  const { revived } = options;
  const carried = candidate.copies.some(({ device }) => devices.has(device) && !revived?.has(device));
  if (method === 'hide' && carried) return null;
  const bytes = await chosenBytes(pool, root, all, candidate, options.blocks, options.signal);
  if (bytes === null) return 'uberblock-form';
  const { timestamp, littleEndian } = candidate.uberblock;
  return raised(bytes, loads, method === 'hide' ? timestamp : options.now, littleEndian) ?? 'uberblock-form';
}

/** A label made of a root is not on the device, and has to be whatever else changes. */
const whyLaid = ({ bytes }: Laid): Patch['why'] =>
  bytes.length === LABEL_REGIONS.config.size ? 'label-made' : 'uberblock-restored';

/** By offset; of two for one place the later counts. */
const inPlaces = (patches: readonly Patch[]): Patch[] =>
  [...new Map(patches.map((patch) => [patch.offset, patch])).values()].sort((a, b) => a.offset - b.offset);
