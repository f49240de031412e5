import { asGuid, type Guid } from '../bytes/units.ts';
import { compareFacts, compareNames, type DeviceFacts, factsOf } from './deviceOrder.ts';
import { guidSumOf } from './guidSum.ts';
import type { OutsideDevice, OutsideReason, Pool } from './pool.ts';
import { isFoundByGuid, labelRead } from './speakingLabel.ts';
import type { DeviceSurvey } from './survey.ts';
import { compareUberblocks } from './uberblockCopies.ts';
import { leavesOf } from './vdevHealth.ts';
import { buildTree, type MemberConfig, missingBelow } from './vdevTree.ts';

/** Pools by name and guid, and the devices that no pool can be told for, by name. */
export interface Assembly {
  readonly pools: readonly Pool[];
  readonly loose: readonly DeviceSurvey[];
}

/**
 * Puts devices together into pools, by their labels; where those are lost, by what their uberblocks share with the
 * uberblocks of a pool. Devices that share uberblocks and no label with anybody are a pool without name, tree and guid.
 *
 * Pure, and the same for every order of `devices`.
 *
 * Source: lib/libzutil/zutil_import.c, zpool_find_import_impl and get_configs
 */
export function assemblePools(devices: readonly DeviceSurvey[]): Assembly {
  const facts = devices.map(factsOf).sort(compareFacts);
  const groups = new Map<Guid, DeviceFacts[]>();
  const strays: DeviceFacts[] = [];
  for (const fact of facts) {
    const guid = fact.config?.poolGuid ?? null;
    if (guid === null || guid === 0n) strays.push(fact);
    else groups.set(guid, [...(groups.get(guid) ?? []), fact]);
  }
  const owned = [...groups.values()];
  const attached = new Map<DeviceFacts[], DeviceFacts[]>();
  const nameless: DeviceFacts[] = [];
  const loose: DeviceSurvey[] = [];
  for (const stray of strays) {
    const owner = ownerOf(stray, owned);
    if (owner !== null) attached.set(owner, [...(attached.get(owner) ?? []), stray]);
    else if (stray.contents.size > 0) nameless.push(stray);
    else loose.push(stray.device);
  }
  const pools = [...groups].map(([guid, members]) => poolOf(guid, members, attached.get(members) ?? []));
  for (const group of shareUberblocks(nameless)) pools.push(poolOf(asGuid(0n), [], group));
  pools.sort(comparePools);
  return { pools, loose: loose.sort(compareNames) };
}

/** The one pool that shares an uberblock with `stray`; failing that, the one whose vdevs have the same guid sum. */
function ownerOf(stray: DeviceFacts, pools: readonly DeviceFacts[][]): DeviceFacts[] | null {
  const sums = new Set([...stray.guidSums, ...templateSums(stray.device)]);
  const sharing = pools.filter((pool) => pool.some(({ contents }) => intersects(contents, stray.contents)));
  if (sharing.length > 0) return only(sharing);
  return only(pools.filter((pool) => pool.some(({ guidSums }) => intersects(guidSums, sums))));
}

const only = <T>(items: readonly T[]): T | null => (items.length === 1 ? (items[0] ?? null) : null);

const intersects = <T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean => {
  for (const item of a) if (b.has(item)) return true;
  return false;
};

/**
 * Guid sums in uberblocks of txg 0: all that a spare or a cache says of its pool, because labelling it copies the
 * pool's uberblock of that moment into its ring.
 *
 * Source: module/zfs/vdev_label.c, vdev_label_init
 */
function templateSums(device: DeviceSurvey): Set<bigint> {
  const sums = new Set<bigint>();
  for (const { ring } of device.labels) {
    for (const { state, uberblock } of ring?.slots ?? []) {
      if (state === 'template' && uberblock !== null && uberblock.guidSum !== 0n) sums.add(uberblock.guidSum);
    }
  }
  return sums;
}

/** Splits `facts` into groups that are linked by shared uberblocks. */
function shareUberblocks(facts: readonly DeviceFacts[]): DeviceFacts[][] {
  let groups: DeviceFacts[][] = [];
  for (const fact of facts) {
    const linked = groups.filter((group) => group.some(({ contents }) => intersects(contents, fact.contents)));
    groups = [...groups.filter((group) => !linked.includes(group)), [...linked.flat(), fact].sort(compareFacts)];
  }
  return groups;
}

/**
 * @param members devices whose labels name the pool, the most trustworthy first
 * @param attached devices that belong to it for another reason
 */
function poolOf(guid: Guid, members: readonly DeviceFacts[], attached: readonly DeviceFacts[]): Pool {
  const configs = members.flatMap(memberConfigOf);
  const named = configs[0]?.config ?? members[0]?.config ?? null;
  const leaf = new Map<Guid, DeviceSurvey>();
  for (const { config, device } of members) {
    if (config?.guid == null || !isFoundByGuid(device) || leaf.has(config.guid)) continue;
    leaf.set(config.guid, device);
  }
  const root = buildTree(guid, configs, (leafGuid) => leaf.get(leafGuid) ?? null);
  const placed = new Set<DeviceSurvey>();
  const inTree = new Set<Guid>();
  for (const { device, config } of root === null ? [] : leavesOf(root)) {
    inTree.add(config.guid);
    if (device !== null) placed.add(device);
  }
  const all = [...members, ...attached];
  const outside = all
    .filter(({ device }) => !placed.has(device))
    .map((fact): OutsideDevice => {
      const reason = outsideReason(fact, inTree);
      const twin = reason === 'duplicate' && fact.config?.guid != null ? (leaf.get(fact.config.guid) ?? null) : null;
      return { device: fact.device, reason, twin };
    });
  let newest: DeviceFacts['newest'] = null;
  for (const fact of all) {
    if (fact.newest !== null && (newest === null || compareUberblocks(newest, fact.newest) < 0)) newest = fact.newest;
  }
  const state = named?.state ?? 'active';
  return {
    guid,
    name: named?.name ?? null,
    state: state === 'exported' || state === 'destroyed' ? state : 'active',
    version: named?.version ?? newest?.version ?? null,
    hostname: named?.hostname ?? null,
    hostid: named?.hostid ?? null,
    devices: all.map(({ device }) => device).sort(compareNames),
    outside: outside.sort((a, b) => compareNames(a.device, b.device)),
    root,
    missing: root === null ? [] : missingBelow(root),
    guidSum: { found: root === null ? 0n : guidSumOf(root), expected: newest?.guidSum ?? null },
    configTxg: configs[0]?.txg ?? null,
  };
}

function memberConfigOf({ config, device }: DeviceFacts): MemberConfig[] {
  if (labelRead(device) === null) return [];
  if (config === null || config.vdevTree === null || config.guid === null || !config.txg) return [];
  return [{ config, tree: config.vdevTree, topGuid: config.topGuid ?? config.vdevTree.guid, txg: config.txg }];
}

function outsideReason({ config }: DeviceFacts, inTree: ReadonlySet<Guid>): OutsideReason {
  // A fragment that names neither pool nor vdev says as little as none.
  if (config === null || (config.poolGuid === null && config.guid === null)) return 'labels-lost';
  if (config.role === 'spare' || config.role === 'cache') return config.role;
  if (config.role === 'uninitialised') return 'former-member';
  return config.guid !== null && inTree.has(config.guid) ? 'duplicate' : 'former-member';
}

function comparePools(a: Pool, b: Pool): number {
  const [left, right] = [a.name ?? '\uffff', b.name ?? '\uffff'];
  if (left !== right) return left < right ? -1 : 1;
  if (a.guid !== b.guid) return a.guid < b.guid ? -1 : 1;
  const [first, second] = [a.devices[0], b.devices[0]];
  return first === undefined || second === undefined ? 0 : compareNames(first, second);
}
