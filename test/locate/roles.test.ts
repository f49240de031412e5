import { describe, expect, it } from 'vitest';
import { Files } from '../../src/dataset/files.ts';
import { objectTypeName } from '../../src/format/objectTypes.ts';
import { mosRoles } from '../../src/locate/mosRoles.ts';
import { objsetRoles } from '../../src/locate/objsetRoles.ts';
import { openImages } from '../dataset/openImages.ts';
import { pool, poolImages } from '../tools/images.ts';

describe.each(['demo', 'version-28', 'four-tops', 'every-checksum'])('objects of %s', (name) => {
  const opened = async () => openImages(await poolImages(pool(name)));

  it('of the pool are all told what they are for', async () => {
    const view = await opened();
    const roles = new Map<bigint, string>();
    for await (const { object, role } of mosRoles(view.mos, view.dsl.poolName, view.vdevTree)) roles.set(object, role);
    const untold: string[] = [];
    for await (const { id, dnode } of view.mos.objset.objects()) {
      if (!roles.has(id)) untold.push(`${id} ${objectTypeName(dnode.type)}`);
    }
    expect(untold).toEqual([]);
    expect([...roles.values()]).toContain('history');
    expect([...roles.values()]).toContain('space map of metaslab 0 of vdev 0');
  });

  it('of a dataset are told where they are no files', async () => {
    const view = await opened();
    for await (const dataset of view.datasets()) {
      if (dataset.phys.bp.hole) continue;
      const objset = await view.objset(dataset);
      const files = objset.phys.type === 'zfs' ? await Files.open(objset).catch(() => null) : null;
      if (objset.phys.type === 'zfs' && files === null) continue;
      const roles = await objsetRoles(objset, files);
      for await (const { id, dnode } of objset.objects()) {
        if (files !== null && files.znode({ dnode } as never) !== null) continue;
        expect(roles.get(id), `${dataset.name} object ${id} ${objectTypeName(dnode.type)}`).toBeDefined();
      }
    }
  });
});
