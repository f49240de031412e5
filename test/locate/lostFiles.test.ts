import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/dataset/dsl.ts';
import { Files } from '../../src/dataset/files.ts';
import type { PoolAt } from '../../src/dataset/poolAt.ts';
import type { Blkptr } from '../../src/format/blkptr.ts';
import { OBJECT_TYPE } from '../../src/format/objectTypes.ts';
import { findLostFiles } from '../../src/locate/lostFiles.ts';
import { PathTree } from '../../src/locate/pathTree.ts';
import { type BlockReader, UnavailableBlockError } from '../../src/pool/blockRead.ts';
import { openImages } from '../dataset/openImages.ts';
import { pool, poolImages } from '../tools/images.ts';

/** With files of system attributes and, in `version-28`, without. */
const POOLS = ['demo', 'version-28', 'all-compressions', 'every-checksum'];

/** The newest txg that real ZFS found no error in. */
function soundTxg(name: string): bigint {
  const { ro } = pool(name).truth.answers;
  const sound = Object.keys(ro).filter(
    (txg) => ro[txg]?.rc === 0 && ro[txg]?.used === Number(txg) && ['', '0,0'].includes(ro[txg]?.errs ?? ''),
  );
  return BigInt(sound.map(Number).sort((a, b) => b - a)[0] ?? 0);
}

const key = (bp: Blkptr): string => bp.dvas.map(({ vdev, offset }) => `${vdev}:${offset}`).join();

/** As if no copy of these blocks was left. */
function without(reader: BlockReader, lost: ReadonlySet<string>): BlockReader {
  const refuse = (bp: Blkptr): void => {
    if (lost.has(key(bp))) throw new UnavailableBlockError('refused', [], bp.place);
  };
  return {
    async read(bp, signal) {
      refuse(bp);
      return reader.read(bp, signal);
    },
    async verify(bp, signal) {
      refuse(bp);
      return reader.verify(bp, signal);
    },
  };
}

interface Filesystem {
  readonly dataset: Dataset;
  readonly files: Files;
  /** Path and type of every file by its number. */
  readonly all: ReadonlyMap<bigint, { readonly path: string; readonly type: number }>;
}

async function* filesystems(view: PoolAt): AsyncGenerator<Filesystem> {
  for await (const dataset of view.datasets()) {
    if (dataset.phys.bp.hole) continue;
    const objset = await view.objset(dataset);
    const files = objset.phys.type === 'zfs' ? await Files.open(objset) : null;
    if (files === null) continue;
    const types = new Map<bigint, number>();
    for await (const { id, dnode } of objset.objects()) {
      if (dnode.type === OBJECT_TYPE.plainFile || dnode.type === OBJECT_TYPE.directory) types.set(id, dnode.type);
    }
    const tree = await PathTree.read(files, types.keys());
    const all = new Map<bigint, { path: string; type: number }>();
    for (const [id, type] of types) {
      const { text, whole } = tree.path(id);
      if (whole) all.set(id, { path: text, type });
    }
    yield { dataset, files, all };
  }
}

const budget = () => ({ left: 1_000_000 });
const NONE = { ranges: [], directories: new Set<bigint>(), files: new Set<bigint>() };

describe.each(POOLS)('names of lost files in %s', (name) => {
  it('are told for every block of dnodes, by the directories that are left', async () => {
    const images = await poolImages(pool(name));
    let looked = 0;
    for await (const { dataset, files, all } of filesystems(await openImages(images, soundTxg(name)))) {
      const { metaObject } = files.objset;
      const slots = BigInt(metaObject.dnode.dataBlockSize / 512);
      for (let block = 0n; block <= metaObject.dnode.maxBlockId && block < 16n; block++) {
        const bp = await metaObject.blockPointer(block);
        const range = { first: block * slots, last: (block + 1n) * slots - 1n };
        const gone = [...all].filter(([id]) => id >= range.first && id <= range.last);
        if (bp === null || gone.length === 0) continue;
        const view = await openImages(images, soundTxg(name), (reader) => without(reader, new Set([key(bp)])));
        const damaged = await Files.open(await view.objset(dataset)).catch(() => null);
        if (damaged === null) continue;
        const { lost, complete } = await findLostFiles(damaged, { ...NONE, ranges: [range] }, budget());
        expect(complete).toBe(true);
        const told = new Map(lost.map((file) => [file.object, file]));
        for (const [id, { path, type }] of gone) {
          looked++;
          const file = told.get(id);
          // Below a lost directory a name may be lost too, but not the file.
          const parents = gone.filter(
            (each) => each[1].type === OBJECT_TYPE.directory && path.startsWith(each[1].path),
          );
          if (parents.every(([parent]) => parent === id)) expect(file?.paths, `${id}`).toContain(path);
          if (type === OBJECT_TYPE.directory && file !== undefined) expect(file.directory).not.toBe(false);
        }
        for (const file of lost) {
          const inside = file.object >= range.first && file.object <= range.last;
          expect(file.state === 'nameless', `${file.object}`).toBe(!inside);
        }
      }
    }
    expect(looked).toBeGreaterThan(0);
  });

  it('are told as far as the files themselves say where they were, when a directory is lost', async () => {
    const images = await poolImages(pool(name));
    for await (const { dataset, files, all } of filesystems(await openImages(images, soundTxg(name)))) {
      for (const [directory, { path, type }] of all) {
        if (type !== OBJECT_TYPE.directory) continue;
        const object = await files.objset.object(directory);
        const bp = await object.blockPointer(0n);
        if (bp === null || bp.embedded) continue;
        const view = await openImages(images, soundTxg(name), (reader) => without(reader, new Set([key(bp)])));
        const damaged = await Files.open(await view.objset(dataset));
        const wanted = { ...NONE, directories: new Set([directory]) };
        const { lost } = await findLostFiles(damaged, wanted, budget());
        const below = [...all].filter(([id, each]) => {
          const at = each.path.lastIndexOf('/');
          return id !== directory && (each.path.slice(0, at) || '/') === path;
        });
        expect(lost.map(({ object: id }) => id)).toEqual(below.map(([id]) => id).sort((a, b) => (a < b ? -1 : 1)));
        for (const { object: id, paths, state, parent } of lost) {
          expect({ state, parent }).toEqual({ state: 'nameless', parent: directory });
          expect(paths).toEqual([`${path === '/' ? '' : path}/<name unknown, object ${id}>`]);
        }
      }
    }
  });

  it('end where the budget ends, and that is said', async () => {
    const images = await poolImages(pool(name));
    for await (const { files } of filesystems(await openImages(images, soundTxg(name)))) {
      const found = await findLostFiles(files, { ...NONE, ranges: [{ first: 1n, last: 1n << 40n }] }, { left: 3 });
      expect(found.complete).toBe(false);
    }
  });
});
