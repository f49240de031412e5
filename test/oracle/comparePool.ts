import { expect } from 'vitest';
import { UnsupportedError } from '../../src/bytes/errors.ts';
import { readDeadlist } from '../../src/dataset/bpobj.ts';
import type { Dataset } from '../../src/dataset/dsl.ts';
import { Files } from '../../src/dataset/files.ts';
import type { DmuObject } from '../../src/dataset/object.ts';
import type { Objset } from '../../src/dataset/objset.ts';
import type { PoolAt } from '../../src/dataset/poolAt.ts';
import { Zap } from '../../src/dataset/zap.ts';
import { objectTypeName } from '../../src/format/objectTypes.ts';
import { OBJSET_TYPES } from '../../src/format/objset.layout.ts';
import type { ZapEntry } from '../../src/format/zapEntry.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { LogSpaceMaps, metaslabs, replay } from '../dataset/metaslabs.ts';
import { openSources } from '../tools/openSources.ts';
import { renderNvlist } from '../tools/zdb.ts';
import { askZdbPool, type ZdbDataset, type ZdbPool } from '../tools/zdbPool.ts';

/** Type as zdb names it: of the newer types only the class. */
const typeName = (type: number): string => objectTypeName(type).replace(/^bswap (\w+) .*$/, '$1');

function rowOf({ dnode }: DmuObject): string {
  const { levels, indirectShift, dataBlockSize, usedBytes, size, length } = dnode;
  // zdb rounds the used bytes to sectors.
  const used = ((usedBytes + 256n) / 512n) * 512n;
  return [levels, 2 ** indirectShift, dataBlockSize, used, size, length, typeName(dnode.type)].join(', ');
}

async function treeOf(object: DmuObject): Promise<string[]> {
  const tree: string[] = [];
  const { dataBlockSize, indirectShift } = object.dnode;
  for await (const { bp, level, blockId } of object.pointers()) {
    const offset = (blockId << BigInt(level * (indirectShift - 7))) * BigInt(dataBlockSize);
    const [dva] = bp.dvas;
    const sizes = `${bp.lsize.toString(16)}L/${bp.psize.toString(16)}P`;
    const address = `${dva?.vdev}:${((dva?.offset ?? 0n) * 512n).toString(16)}:${dva?.asize.toString(16)}`;
    const rest = bp.embedded
      ? `EMBEDDED et=${bp.checksum} ${sizes} B=${bp.birth}`
      : `${address} ${sizes} F=${bp.fill} B=${bp.birth}/${bp.physicalBirth}`;
    tree.push(`${offset.toString(16)} L${level} ${rest}`);
  }
  return tree;
}

async function everyObject(objset: Objset): Promise<DmuObject[]> {
  const objects = [objset.metaObject, ...objset.accounting().map(({ object }) => object)];
  for await (const object of objset.objects()) objects.push(object);
  return objects;
}

/** Values as zdb prints them: bytes as text unless they are a salt or a key, else signed numbers. */
function printed(entry: ZapEntry): string {
  if (entry.integerSize !== 1) return entry.integers.map((word) => BigInt.asIntN(64, word)).join(' ');
  const secret = entry.name === 'org.illumos:checksum_salt' || entry.name.startsWith('DSL_CRYPTO_');
  if (secret) return [...entry.valueBytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return entry.text ?? '';
}

/** Lower bits of a directory entry are the object, the upper ones its type. */
const DIRECTORY = 20;
const directoryEntry = (entry: ZapEntry): string => String((entry.integers[0] ?? 0n) & 0xffff_ffff_ffffn);

async function compareZap(object: DmuObject, expected: ReadonlyMap<string, string>): Promise<number> {
  const zap = await Zap.open(object);
  const found = new Map<string, string>();
  let wordKeys = 0;
  for await (const entry of zap.entries()) {
    // Keys that are numbers zdb prints in a form of its own.
    if (entry.wordKey) wordKeys++;
    else found.set(entry.name, object.dnode.type === DIRECTORY ? directoryEntry(entry) : printed(entry));
    if (!entry.wordKey) expect((await zap.get(entry.name))?.valueBytes).toEqual(entry.valueBytes);
  }
  // An extended DSL object prints the fields of its bonus among the entries.
  for (const [name, value] of found)
    expect([object.path, name, expected.get(name)]).toEqual([object.path, name, value]);
  if (object.dnode.bonusType === 0) expect(found.size + wordKeys).toBe(expected.size);
  return found.size + wordKeys;
}

/** Types whose content zdb prints entry by entry. */
const ZAP_TYPES = new Set([1, 13, 14, 15, 20, 21, 22, 31, 37, 39, 45, 52, 196]);

/** Encrypted, or nothing but a hole. */
async function isClosed(object: DmuObject): Promise<boolean> {
  try {
    return (await object.block(0n)) === null;
  } catch (error) {
    if (error instanceof UnsupportedError && error.message.includes('encrypted')) return true;
    throw error;
  }
}

async function compareObjset(objset: Objset, expected: ZdbDataset): Promise<number> {
  const objects = await everyObject(objset);
  expect(new Map(objects.map((object) => [`${object.id}`, rowOf(object)]))).toEqual(
    new Map([...expected.objects].map(([id, { row }]) => [id, row])),
  );
  let entries = 0;
  for (const object of objects) {
    expect([object.path, await treeOf(object)]).toEqual([object.path, expected.objects.get(`${object.id}`)?.tree]);
    const values = expected.objects.get(`${object.id}`)?.values;
    if (!ZAP_TYPES.has(object.dnode.type) || values === undefined) continue;
    if (await isClosed(object)) continue;
    entries += await compareZap(object, values);
  }
  return entries;
}

/** The hidden directory of shares is its own parent, and zdb takes it for the root. */
const isBelowRoot = (id: string, file: ReadonlyMap<string, string>): boolean =>
  file.has('parent') && (file.get('parent') !== id || file.get('links') !== '2' || file.get('mode') !== '40555');

async function compareFiles(objset: Objset, expected: ZdbDataset): Promise<void> {
  const listed = [...expected.objects].filter(([id, { file }]) => file.has('path') && isBelowRoot(id, file));
  if (listed.length === 0) return;
  const files = await Files.open(objset);
  const found = new Map<string, (string | undefined)[]>();
  for (const [id] of listed) {
    const znode = await files.znode(await objset.object(BigInt(id)));
    // zdb cannot name what is deleted and still open.
    const path = (await files.pathOf(BigInt(id))) ?? `???<object#${id}>`;
    found.set(id, [path, ...[znode?.parent, znode?.size, znode?.links].map(String), znode?.mode?.toString(8)]);
  }
  const theirs = listed.map(
    ([id, { file }]) => [id, ['path', 'parent', 'size', 'links', 'mode'].map((key) => file.get(key))] as const,
  );
  expect(found).toEqual(new Map(theirs));
}

function titleOf(dataset: Dataset): string {
  const { phys, object, name } = dataset;
  return `${name}, ID ${object.id}, cr_txg ${phys.creationTxg}, ${phys.referenced}, ${phys.bp.fill} objects`;
}

async function compareDatasets(pool: PoolAt, expected: ZdbPool): Promise<void> {
  const datasets: Dataset[] = [];
  for await (const dataset of pool.datasets()) datasets.push(dataset);
  for await (const snapshot of pool.snapshots()) datasets.push(snapshot);
  const titles = datasets.map(titleOf);
  const [mos, ...others] = expected.datasets;
  expect(new Set(titles)).toEqual(new Set(others.map(({ title }) => title)));
  expect(mos?.title.endsWith(`, ${pool.mos.objset.bp.fill} objects`)).toBe(true);
  if (mos !== undefined) expect(await compareObjset(pool.mos.objset, mos)).toBeGreaterThan(3);
  for (const [i, dataset] of datasets.entries()) {
    const theirs = others.find(({ title }) => title === titles[i]);
    // Null where zdb failed in the middle: a log that it cannot read.
    if (theirs === undefined || theirs.objects.size === 0) continue;
    const objset = await pool.objset(dataset);
    expect(OBJSET_TYPES).toContain(objset.phys.type);
    await compareObjset(objset, theirs);
    await compareFiles(objset, theirs);
    const { deadlist } = dataset.phys;
    if (deadlist === null || theirs.deadlist.length === 0) continue;
    const { entries } = await readDeadlist(pool.mos, deadlist);
    expect(entries.map(({ minTxg, bpobj }) => `mintxg ${minTxg} -> obj ${bpobj}`)).toEqual(theirs.deadlist);
  }
}

async function compareSpace(pool: PoolAt, expected: ZdbPool): Promise<number> {
  const logs = await LogSpaceMaps.read(pool.mos);
  let replayed = 0;
  for (const top of pool.vdevTree?.children ?? []) {
    for await (const metaslab of metaslabs(pool.mos, top)) {
      const unit = 1n << BigInt(top.ashift ?? 9);
      expect((await replay(metaslab, logs, top.ashift ?? 9)).contradictions).toBe(0);
      const space = await replay(metaslab, LogSpaceMaps.NONE, top.ashift ?? 9);
      const object = metaslab.spaceMap?.object.id ?? 0n;
      if (metaslab.spaceMap !== null) {
        expect(space.mapped).toBe(metaslab.spaceMap.header.allocated);
        expect(`${space.mapped}`).toBe(expected.allocated.get(`${object}`));
      }
      const theirs = expected.metaslabs.find((each) => each.vdev === metaslab.vdev && each.index === metaslab.index);
      if (theirs === undefined) continue;
      const free = freeRanges([...space.ranges.ranges()], Number(metaslab.size / unit));
      const largest = BigInt(Math.max(0, ...free)) * unit;
      const histogram = powersOfTwo(free.map((size) => BigInt(size) * unit));
      const ours = { largest: `${largest}`, histogram, spaceMap: `${object}` };
      expect({ ...theirs, ...ours }).toEqual(theirs);
      replayed++;
    }
  }
  return replayed;
}

function freeRanges(allocated: readonly { start: number; end: number }[], units: number): number[] {
  const bounds = [0, ...allocated.flatMap(({ start, end }) => [start, end]), units];
  const sizes: number[] = [];
  for (let i = 0; i + 1 < bounds.length; i += 2) sizes.push((bounds[i + 1] ?? 0) - (bounds[i] ?? 0));
  return sizes.filter((size) => size > 0);
}

function powersOfTwo(sizes: readonly bigint[]): string[] {
  const counts = new Map<number, number>();
  for (const size of sizes) {
    const power = size.toString(2).length - 1;
    counts.set(power, (counts.get(power) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b).map(([power, count]) => `${power}: ${count}`);
}

async function compareHistory(pool: PoolAt, expected: ZdbPool): Promise<void> {
  const lines: string[] = [];
  for await (const record of pool.history()) {
    const time = new Date(Number(record.time ?? 0n) * 1000).toISOString().slice(0, 19).replace('T', '.');
    const id = record.nvlist.pairs.find(({ name }) => name === 'dsid')?.value;
    const dataset = record.dataset === null ? '' : ` ${record.dataset} (${id})`;
    if (record.kind === 'command') lines.push(`${time} ${record.text}`);
    if (record.kind === 'ioctl') lines.push(`${time} ioctl ${record.text}`);
    if (record.kind !== 'internal') continue;
    const named = record.nvlist.pairs.some(({ name }) => name === 'internal_name');
    if (named) lines.push(`${time} [txg:${record.txg}] ${record.text}${dataset} ${record.detail}`);
    else lines.push(` ${time} [internal ${record.text} txg:${record.txg}] ${record.detail}`);
  }
  // A line of zdb's goes on below when a detail has line ends.
  expect(lines.map((line) => line.split('\n')[0])).toEqual(expected.history);
}

/** The same keys and values; zdb leaves out no pair. */
function compareConfig(pool: PoolAt, expected: ZdbPool): void {
  expect(new Map(Object.entries(renderNvlist(pool.nvlist)))).toEqual(expected.config);
}

/**
 * Compares all that zdb says of a pool with what is read here.
 *
 * @param options more options for zdb
 * @returns false when zdb cannot open it
 */
export async function comparePool(
  zdb: string,
  images: readonly string[],
  name: string,
  txg: number | null,
  options: readonly string[] = [],
): Promise<boolean> {
  const expected = await askZdbPool(zdb, images, name, txg, options);
  if (expected === null) return false;
  const sources = await Promise.all(images.map((path) => openFileSource(path)));
  try {
    const { view } = await openSources(sources, { name, ...(txg === null ? {} : { txg: BigInt(txg) }) });
    compareConfig(view, expected);
    await compareDatasets(view, expected);
    await compareSpace(view, expected);
    await compareHistory(view, expected);
    return true;
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}
