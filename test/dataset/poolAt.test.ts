import { describe, expect, it } from 'vitest';
import { pool, poolImages } from '../tools/images.ts';
import { LogSpaceMaps, metaslabs, replay } from './metaslabs.ts';
import { openImages } from './openImages.ts';
import { readEverything } from './readEverything.ts';

const opened = async () => openImages(await poolImages(pool('all-compressions')));

describe('PoolAt on a pool of real ZFS', () => {
  it('lists datasets by name, parents first, without those that are internal', async () => {
    const names: string[] = [];
    for await (const { name } of (await opened()).datasets()) names.push(name);
    expect(names[0]).toBe('tank');
    expect(names).toEqual([...names].sort());
    expect(names.filter((name) => name.includes('$'))).toEqual([]);
    expect(names.length).toBeGreaterThan(3);
  });

  it('finds each dataset and snapshot by its name, and none by another', async () => {
    const view = await opened();
    for await (const dataset of view.datasets())
      expect((await view.dsl.find(dataset.name))?.object.id).toBe(dataset.object.id);
    for await (const { name, object } of view.snapshots())
      expect((await view.dsl.find(name))?.object.id).toBe(object.id);
    for (const name of ['tank/none', 'other', 'tank@none', 'tank/$MOS/x']) expect(await view.dsl.find(name)).toBeNull();
  });

  it('replays space maps and logs to the very bytes that the datasets use', async () => {
    const view = await opened();
    const logs = await LogSpaceMaps.read(view.mos);
    let allocated = 0n;
    for (const top of view.vdevTree?.children ?? []) {
      for await (const metaslab of metaslabs(view.mos, top)) {
        allocated += (await replay(metaslab, logs, top.ashift ?? 9)).allocated;
      }
    }
    for await (const { name, directory } of view.datasets())
      if (name === 'tank') expect(allocated).toBe(directory.phys.used);
  });

  it('says of a property what it is and who set it', async () => {
    const view = await opened();
    const sources = new Set<string>();
    for await (const dataset of view.datasets()) {
      const { source, setBy, text } = await view.properties.get(dataset, 'compression');
      sources.add(source);
      if (source === 'local') expect(setBy).toBe(dataset.name);
      if (source === 'inherited') expect(dataset.name.startsWith(`${setBy}/`)).toBe(true);
      if (source === 'default') expect([setBy, text]).toEqual([null, 'on']);
      expect(await view.properties.get(dataset, 'quota')).toMatchObject({ value: 0n, source: 'default' });
    }
    expect(sources.has('local')).toBe(true);
  });

  it('reads every object of it without trouble', async () => {
    const things = await readEverything(
      await opened(),
      (work) => work(),
      (trouble) => expect.fail(trouble.message),
    );
    expect(things).toBeGreaterThan(300);
  });

  it('refuses an object set of a number that is none', async () => {
    const view = await opened();
    await expect(view.objset(1n)).rejects.toThrow('bonus of MOS object 1: expected DSL dataset, found none');
    await expect(view.objset(2n ** 60n)).rejects.toThrow('an allocated dnode');
    expect(await view.objset(0n)).toBe(view.mos.objset);
  });
});
