import { UsageError } from '../bytes/errors.ts';
import { nearest } from '../bytes/nearest.ts';
import { unlessStopped, untilStopped } from '../bytes/stopping.ts';
import type { DmuObject } from '../dataset/object.ts';
import type { Objset } from '../dataset/objset.ts';
import type { PoolAt } from '../dataset/poolAt.ts';
import { Zap } from '../dataset/zap.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import { isZapType } from '../format/zapTypes.ts';
import { nvlistJson } from './nvlistJson.ts';
import {
  type ObjectEntry,
  type ObjectStream,
  objectEntry,
  type TreeEntry,
  treeEntry,
  type ZapEntryText,
  zapEntryText,
} from './objectDocument.ts';
import { Troubles } from './troubles.ts';
import { type StreamFacts, streamEnd } from './viewStream.ts';

/** Which object of a pool. */
export interface ObjectPlace {
  /** Name of a dataset or its number in the MOS; `mos` for the meta-object set. */
  readonly dataset: string;
  /**
   * Its number, decimal or 0x; in the MOS also a name of its directory; 0 for the object that holds the dnodes;
   * `user-used`, `group-used`, `project-used`.
   */
  readonly object: string;
}

/**
 * The document of `object`, its blocks and entries one after the other.
 *
 * @throws UsageError when there is no such dataset or object
 */
export async function objectStream(facts: StreamFacts, { dataset, object: id }: ObjectPlace): Promise<ObjectStream> {
  const { head, view, signal, sources } = facts;
  const troubles = new Troubles();
  const orNothing = <T>(work: () => Promise<T>): Promise<T | null> =>
    unlessStopped(
      signal,
      () => troubles.orNull(work),
      () => null,
    );
  const object = view === null ? null : await orNothing(() => findObject(view, dataset, id, signal));
  const entry = view === null || object === null ? null : await orNothing(() => describeObject(view, object, troubles));
  const list = <T>(items: AsyncIterable<T>) => untilStopped(signal, troubles.upTo(items));
  return {
    head: { schema: 'zfs-uber/object/1', ...head, dataset, object: entry },
    lists: {
      blocks: () => list(treeOf(object, troubles, signal)),
      entries: () => list(zapEntriesOf(object, troubles, signal)),
    },
    tail: () => streamEnd(head, troubles, signal, sources()),
  };
}

/** Objects outside the numbering, by name. */
const ACCOUNTING = ['user-used', 'group-used', 'project-used'];
const LARGEST = 2n ** 48n;

/** @throws UsageError when there is no such dataset or object */
async function findObject(
  view: PoolAt,
  dataset: string,
  id: string,
  signal: AbortSignal | undefined,
): Promise<DmuObject> {
  const objset = await findObjset(view, dataset, signal);
  const accounting = ACCOUNTING.includes(id)
    ? objset.accounting().find(({ name }) => name.replace(' ', '-') === id)
    : undefined;
  if (accounting !== undefined) return accounting.object;
  let number = /^(0x[0-9a-f]{1,12}|\d{1,15})$/i.test(id) ? BigInt(id) : null;
  if (number === null && dataset === 'mos') number = await view.mos.directory.integer(id);
  if (number === null || number >= LARGEST) {
    const named = dataset === 'mos' ? ', or a name in the directory of the MOS (object 1)' : '';
    throw new UsageError(`object: expected the number of an object${named}; found '${id}'`);
  }
  if (number === 0n) return objset.metaObject;
  const object = await objset.find(number, signal);
  if (object === null) throw new UsageError(`object: ${dataset} has no object ${number} at txg ${view.txg}`);
  return object;
}

async function findObjset(view: PoolAt, dataset: string, signal: AbortSignal | undefined): Promise<Objset> {
  if (dataset === 'mos') return view.objset(0n, signal);
  if (/^\d{1,15}$/.test(dataset)) return view.objset(BigInt(dataset), signal);
  const found = await view.dsl.find(dataset, signal);
  if (found !== null) return view.objset(found, signal);
  const names: string[] = [];
  for await (const { name } of view.datasets({ signal, onTrouble: () => {} })) names.push(name);
  const near = nearest(dataset, names);
  const hint = near === null ? '; the command datasets lists those that there are' : `; did you mean '${near}'?`;
  throw new UsageError(`object: no dataset '${dataset}' at txg ${view.txg}${hint}`);
}

async function describeObject(view: PoolAt, object: DmuObject, troubles: Troubles): Promise<ObjectEntry> {
  const packed = object.path[0] === 'MOS' && object.dnode.type === OBJECT_TYPE.packedNvlist;
  const nvlist = packed ? await troubles.orNull(() => view.mos.nvlist(object.id)) : null;
  return objectEntry(object, nvlist === null ? null : nvlistJson(nvlist));
}

async function* treeOf(
  object: DmuObject | null,
  { add }: Troubles,
  signal: AbortSignal | undefined,
): AsyncGenerator<TreeEntry> {
  if (object === null) return;
  for await (const pointer of object.pointers({}, { signal, onTrouble: add })) yield treeEntry(pointer, object);
}

async function* zapEntriesOf(
  object: DmuObject | null,
  { add }: Troubles,
  signal: AbortSignal | undefined,
): AsyncGenerator<ZapEntryText> {
  if (object === null || !isZapType(object.dnode.type)) return;
  // An object of a ZAP type that has nothing yet is a hole.
  if ((await object.blockPointer(0n)) === null) return;
  const zap = await Zap.open(object);
  for await (const entry of zap.entries({ signal, onTrouble: add })) yield zapEntryText(entry);
}
