import { ZfsUberError } from '../bytes/errors.ts';
import { readDeadlist } from '../dataset/bpobj.ts';
import { type Dataset, Dsl, type DslDirectory } from '../dataset/dsl.ts';
import type { Mos } from '../dataset/mos.ts';
import type { DmuObject } from '../dataset/object.ts';
import { orNull } from '../dataset/orNull.ts';
import { wordBlocks } from '../dataset/wordArray.ts';
import { uint64Of } from '../format/nvlistFields.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import {
  DATASET_OBJECTS,
  DEDUP_PREFIX,
  DIRECTORY_OBJECTS,
  POOL_OBJECTS,
  TOP_VDEV_OBJECTS,
} from './objectRoles.layout.ts';

/** An object of the meta-object set and what it is for: `space map of metaslab 12 of vdev 0`. Names in it are raw text. */
export interface ObjectRole {
  readonly object: bigint;
  readonly role: string;
}

/** Objects that are told of; the largest pools have some hundred thousand space maps. */
const MAX_ROLES = 2_000_000;

/**
 * What the objects of the meta-object set are for, by those who name them: the pool's directory, its vdevs, its
 * datasets. Whoever names an object need not be whole, and what is named need not read.
 *
 * @param vdevs root of the tree; null where no config reads
 * @throws the reason of `signal`
 */
export async function* mosRoles(
  mos: Mos,
  poolName: string,
  vdevs: VdevConfig | null,
  signal?: AbortSignal,
): AsyncGenerator<ObjectRole> {
  let count = 0;
  for (const part of [
    poolRoles(mos, signal),
    ...(vdevs === null ? [] : [rootVdevRoles(vdevs)]),
    ...(vdevs?.children ?? []).map((top) => vdevRoles(mos, top, signal)),
    datasetRoles(mos, poolName, signal),
  ]) {
    for await (const role of untilTrouble(part)) {
      signal?.throwIfAborted();
      if (++count > MAX_ROLES) return;
      if (role.object > 0n) yield role;
    }
  }
}

async function* poolRoles(mos: Mos, signal: AbortSignal | undefined): AsyncGenerator<ObjectRole> {
  yield { object: mos.directory.object.id, role: 'directory of the pool' };
  const logs: bigint[] = [];
  for await (const { name, integers } of mos.directory.entries({ signal, onTrouble: ignore })) {
    const [object] = integers;
    const role = POOL_OBJECTS[name] ?? (name.startsWith(DEDUP_PREFIX) ? `table of deduplication ${name}` : null);
    if (object === undefined || integers.length !== 1 || role === null) continue;
    yield { object, role };
    if (name === 'com.delphix:log_spacemap_zap') logs.push(object);
  }
  for (const id of logs) {
    for await (const { name, integers } of (await mos.zap(id, signal)).entries({ signal, onTrouble: ignore })) {
      const txg = /^[0-9a-f]{1,16}$/.test(name) ? `${BigInt(`0x${name}`)}` : name;
      yield { object: integers[0] ?? 0n, role: `space map log of txg ${txg}` };
    }
  }
}

/** Source: include/sys/fs/zfs.h, ZPOOL_CONFIG_VDEV_ROOT_ZAP */
async function* rootVdevRoles({ nvlist }: VdevConfig): AsyncGenerator<ObjectRole> {
  const object = uint64Of(nvlist, 'com.klarasystems:vdev_zap_root');
  if (object !== null) yield { object, role: 'properties of the root vdev' };
}

async function* vdevRoles(mos: Mos, top: VdevConfig, signal: AbortSignal | undefined): AsyncGenerator<ObjectRole> {
  const name = `vdev ${top.id ?? '?'}`;
  if (top.indirect !== null) {
    yield { object: top.indirect.object, role: `mapping of removed ${name}` };
    yield { object: top.indirect.births, role: `births of the mapping of removed ${name}` };
  }
  yield* untilTrouble(leafRoles(top));
  const { zapTop, metaslabArray } = top;
  if (zapTop !== null) {
    yield { object: zapTop, role: `properties of ${name}` };
    yield* untilTrouble(fieldRoles(mos, zapTop, TOP_VDEV_OBJECTS, name, signal));
  }
  if (metaslabArray === null) return;
  yield { object: metaslabArray, role: `list of space maps of ${name}` };
  const array = await mos.object(metaslabArray, signal);
  const count = array.dnode.check().length / 8n;
  for await (const { first, words } of wordBlocks(array, count, { signal, onTrouble: ignore })) {
    for (const [i, object] of words.entries()) {
      yield { object, role: `space map of metaslab ${first + BigInt(i)} of ${name}` };
    }
  }
}

async function* leafRoles(top: VdevConfig): AsyncGenerator<ObjectRole> {
  const waiting = [top];
  for (let vdev = waiting.pop(); vdev !== undefined; vdev = waiting.pop()) {
    const name = vdev.path ?? `leaf ${vdev.guid}`;
    if (vdev.dtl !== null) yield { object: vdev.dtl, role: `txgs missed by ${name}` };
    if (vdev.zapLeaf !== null) yield { object: vdev.zapLeaf, role: `properties of ${name}` };
    waiting.push(...vdev.children);
  }
}

async function* datasetRoles(mos: Mos, poolName: string, signal: AbortSignal | undefined): AsyncGenerator<ObjectRole> {
  const dsl = new Dsl(mos, poolName);
  const walk = { signal, onTrouble: ignore };
  for await (const directory of dsl.directories(walk)) {
    yield* untilTrouble(directoryRoles(mos, directory, signal));
    const { headDataset } = directory.phys;
    if (headDataset !== null) yield { object: headDataset, role: `dataset ${directory.name}` };
    const head = await orNull(() => dsl.head(directory, signal));
    if (head === null) continue;
    yield* untilTrouble(partsOfDataset(mos, head, signal));
    yield* untilTrouble(namedIn(mos, head.phys.snapshotNames, (name) => `snapshot ${head.name}@${name}`, signal));
    for await (const snapshot of dsl.snapshotsOf(head, walk))
      yield* untilTrouble(partsOfDataset(mos, snapshot, signal));
  }
}

async function* directoryRoles(
  mos: Mos,
  { name, object, phys }: DslDirectory,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectRole> {
  yield { object: object.id, role: `directory of ${name}` };
  yield { object: phys.children ?? 0n, role: `names below ${name}` };
  yield { object: phys.properties ?? 0n, role: `properties of ${name}` };
  yield { object: phys.delegation ?? 0n, role: `permissions on ${name}` };
  yield { object: phys.clones ?? 0n, role: `clones of ${name}` };
  yield* untilTrouble(namedIn(mos, phys.children, (child) => `directory of ${name}/${child}`, signal));
  yield* fieldsOf(mos, object, OBJECT_TYPE.dslDir, DIRECTORY_OBJECTS, name, signal);
}

async function* partsOfDataset(
  mos: Mos,
  { name, object, phys }: Dataset,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectRole> {
  yield { object: phys.snapshotNames ?? 0n, role: `names of the snapshots of ${name}` };
  yield { object: phys.nextClones ?? 0n, role: `clones of ${name}` };
  yield { object: phys.properties ?? 0n, role: `properties of ${name}` };
  yield { object: phys.userReferences ?? 0n, role: `holds on ${name}` };
  yield* untilTrouble(fieldsOf(mos, object, OBJECT_TYPE.dslDataset, DATASET_OBJECTS, name, signal));
  if (phys.deadlist === null) return;
  yield { object: phys.deadlist, role: `deadlist of ${name}` };
  for (const { minTxg, bpobj } of (await readDeadlist(mos, phys.deadlist, { signal, onTrouble: ignore })).entries) {
    if (bpobj !== phys.deadlist) yield { object: bpobj, role: `deadlist of ${name}, blocks from after txg ${minTxg}` };
  }
}

/** Objects that a directory or dataset names in a ZAP of its own, which it is only where it has more to say. */
async function* fieldsOf(
  mos: Mos,
  object: DmuObject,
  plain: number,
  fields: Readonly<Record<string, string>>,
  name: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectRole> {
  if (object.dnode.type !== plain) yield* fieldRoles(mos, object.id, fields, name, signal);
}

async function* fieldRoles(
  mos: Mos,
  zap: bigint,
  fields: Readonly<Record<string, string>>,
  name: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectRole> {
  for await (const entry of (await mos.zap(zap, signal)).entries({ signal, onTrouble: ignore })) {
    const role = fields[entry.name];
    if (role !== undefined && entry.count === 1) yield { object: entry.integer, role: `${role} ${name}` };
  }
}

async function* namedIn(
  mos: Mos,
  zap: bigint | null,
  roleOf: (name: string) => string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectRole> {
  if (zap === null) return;
  for await (const entry of (await mos.zap(zap, signal)).entries({ signal, onTrouble: ignore })) {
    if (entry.count === 1) yield { object: entry.integer, role: roleOf(entry.name) };
  }
}

/** What cannot be read names nothing: it is among the failures that are told. */
const ignore = (): void => {};

async function* untilTrouble(roles: AsyncGenerator<ObjectRole>): AsyncGenerator<ObjectRole> {
  try {
    yield* roles;
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
  }
}
