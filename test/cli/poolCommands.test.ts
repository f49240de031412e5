import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../src/bytes/printable.ts';
import { nodeLibrary } from '../../src/cli/nodeLibrary.ts';
import { runCommand } from '../../src/cli/runCommand.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { BlockDocument } from '../../src/document/blockDocument.ts';
import { blockAddresses } from '../../src/document/blockEntry.ts';
import type { DatasetsDocument } from '../../src/document/datasetsDocument.ts';
import type { HistoryDocument } from '../../src/document/historyDocument.ts';
import type { ObjectDocument } from '../../src/document/objectDocument.ts';
import type { SnapshotsDocument } from '../../src/document/snapshotsDocument.ts';
import { type PoolFixture, pool, poolImages, pools } from '../tools/images.ts';
import { ZDB } from '../tools/zdb.ts';
import { zdbOn } from '../tools/zdbCommand.ts';
import { askZdbPool } from '../tools/zdbPool.ts';
import { recorded } from './fakeTerminal.ts';

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], about: Partial<Terminal> = {}): Promise<Ran> {
  const { terminal, out, err } = recorded(about);
  const status = await runCommand(args, terminal, async () => nodeLibrary());
  return { status, out: out(), err: err() };
}

/** The document of a command, whose own status is given with it. */
async function ask<D>(args: readonly string[]): Promise<{ status: number; document: D }> {
  const { status, out, err } = await run([...args, '--json']);
  expect(err).toBe('');
  return { status, document: JSON.parse(out) as D };
}

const imagesOf = (name: string) => poolImages(pool(name));

/** Of the repository's own, and of the larger collection where it is there: each another layout. */
const LAYOUTS = ['torn-sector', 'raidz3-rotten', 'removed-vdev', 'raidz-expanded', 'draid-one-missing'];
const present: readonly (readonly [string, PoolFixture])[] = pools()
  .filter(({ name }) => LAYOUTS.includes(name))
  .map((each) => [each.name, each]);

describe.skipIf(ZDB === null)('the same as zdb', () => {
  it.for(present)('datasets, snapshots and history of %s', async ([, fixture]) => {
    const images = await poolImages(fixture);
    const { document } = await ask<DatasetsDocument>(['datasets', ...images]);
    const theirs = await askZdbPool(ZDB ?? '', images, fixture.truth.pool, Number(document.txg));
    if (theirs === null) throw new Error('zdb opens what this opens');
    const [mos, ...others] = theirs.datasets;
    const { snapshots } = (await ask<SnapshotsDocument>(['snapshots', '--txg', `${document.txg}`, ...images])).document;
    const titles = [
      ...document.datasets.map((each) => ({ ...each, objects: `, ${each.objects} objects` })),
      ...snapshots.map((each) => ({ ...each, objects: '' })),
    ].map(
      ({ name, object, creationTxg, referencedBytes, objects }) =>
        `${name}, ID ${object}, cr_txg ${creationTxg}, ${referencedBytes}${objects}`,
    );
    const expected = others.map(({ title }) => (title.includes('@') ? title.replace(/, \d+ objects$/, '') : title));
    expect(titles.sort()).toEqual(expected.sort());
    for (const { name, object, usedBytes, guid } of document.datasets) {
      const values = mos?.objects.get(object)?.values;
      expect([name, guid]).toEqual([name, values?.get('guid')]);
      expect([name, usedBytes]).toEqual([
        name,
        mos?.objects.get(values?.get('dir_obj') ?? '')?.values.get('used_bytes'),
      ]);
    }
    for (const { object, usedBytes, guid, creationTime } of snapshots) {
      const values = mos?.objects.get(object)?.values;
      expect({ guid, unique: usedBytes }).toEqual({ guid: values?.get('guid'), unique: values?.get('unique') });
      expect(Date.parse(`${values?.get('creation_time')} UTC`) / 1000).toBe(creationTime);
    }
    const { records } = (await ask<HistoryDocument>(['history', '--txg', `${document.txg}`, ...images])).document;
    expect(records).toHaveLength(theirs.history.length);
    for (const [i, line] of theirs.history.entries()) {
      const record = records[i];
      expect(line).toContain(record?.text);
      if (record?.txg != null) expect(line).toContain(`[txg:${record.txg}]`);
    }
  });

  it.for(present)('blocks of objects, and their bytes, of %s', async ([, fixture]) => {
    const images = await poolImages(fixture);
    const { datasets, txg } = (await ask<DatasetsDocument>(['datasets', ...images])).document;
    const at = ['--txg', `${txg}`];
    const zdb = (...args: string[]) => zdbOn(ZDB ?? '', images, ['-t', `${txg}`, '-P', ...args]);
    const { name: largest = '' } =
      [...datasets].sort((x, y) => Number(y.referencedBytes) - Number(x.referencedBytes))[0] ?? {};
    for (const [dataset, id, name] of [
      ['mos', '1', fixture.truth.pool],
      [largest, '0', largest],
    ] as const) {
      const { blocks } = (await ask<ObjectDocument>(['object', ...at, dataset, id, ...images])).document;
      const theirs = zdbBlocks((await zdb('-dddddd', name, id)).toString());
      const stored = blocks.filter(({ embedded }) => !embedded);
      expect(stored.map(asZdbBlock)).toEqual(theirs);
      const [block] = stored;
      if (block === undefined) throw new Error(`${dataset} object ${id} has no block`);
      const [address = ''] = blockAddresses({ ...block, lsize: block.psize });
      // zdb takes the layout from before any expansion of a raidz.
      const raw = await ask<BlockDocument>(['block', ...at, '--birth', '4', address, ...images]);
      expect(raw.document.hex).toBe((await zdb('-R', fixture.truth.pool, `${address}:r`)).toString('hex'));
      const unpack = ['block', ...at, '--birth', block.birthTxg, '--decompress', block.compression];
      const sizes: number[] = [];
      for (const copy of blockAddresses(block)) {
        sizes.push((await ask<BlockDocument>([...unpack, copy, ...images])).document.sizeBytes);
      }
      // Some copies of some of these pools are rotten.
      expect(sizes).toContain(block.lsize);
    }
  });
});

/** The part about one object of `zdb -dddddd`: offset, level, addresses, sizes, fill and birth of each block. */
const zdbBlocks = (text: string): string[] =>
  [...text.matchAll(/^ +([0-9a-f]+) +L(\d) +(\d+:.*?) (\w+)L\/(\w+)P F=(\d+) B=(\d+)/gm)].map((line) =>
    line.slice(1, 8).join(' '),
  );

const hex = (value: number | string): string => BigInt(value).toString(16);

function asZdbBlock({
  offsetBytes,
  level,
  dvas,
  lsize,
  psize,
  fill,
  birthTxg,
}: ObjectDocument['blocks'][number]): string {
  const addresses = dvas.map(({ vdev, offset, asize }) => `${vdev}:${hex(offset)}:${hex(asize)}`);
  return [hex(offsetBytes), level, ...addresses, hex(lsize), hex(psize), fill, birthTxg].join(' ');
}

describe('datasets', () => {
  it('names the compression that each dataset was written with', async () => {
    const { document, status } = await ask<DatasetsDocument>(['datasets', ...(await imagesOf('all-compressions'))]);
    expect(status).toBe(0);
    const said = new Set(document.datasets.map(({ compression }) => compression));
    for (const kind of ['lz4', 'lzjb', 'zle']) expect([...said]).toContain(kind);
  });

  it('shows an older txg when it is asked to, and refuses one that is in no ring with the nearest', async () => {
    const images = await imagesOf('torn-sector');
    const newest = (await ask<DatasetsDocument>(['datasets', ...images])).document;
    const older = newest.ringTxgs[Math.floor(newest.ringTxgs.length / 2)] ?? '';
    const { document } = await ask<DatasetsDocument>(['datasets', '--txg', older, ...images]);
    expect(document.txg).toBe(older);
    expect(document.datasets.length).toBeLessThan(newest.datasets.length);
    const { status, out, err } = await run(['datasets', '--txg', '1000000', ...images]);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(`the rings hold no uberblock of txg 1000000; the nearest: `);
    expect(err).toContain(`${newest.ringTxgs[0]};`);
  });

  it('gives what reads of a pool whose metadata is damaged, says what does not, and ends with 3', async () => {
    const images = await imagesOf('version-28');
    const { document, status } = await ask<DatasetsDocument>(['datasets', '--txg', '68', ...images]);
    expect(status).toBe(3);
    expect(document.datasets.length).toBeGreaterThan(0);
    expect(document.troubles).toMatchObject([{ code: 'unavailable' }]);
    const { out } = await run(['datasets', '--txg', '68', ...images]);
    expect(out).toContain('Datasets may be lacking: this could not be read');
    expect(out).toContain('An older txg may still have it: --txg 65, 62, ');
  });

  it('says that no txg opens, and why, where a device is lost that holds a part of all', async () => {
    const { status, out } = await run(['datasets', ...(await imagesOf('special-lost'))]);
    expect(status).toBe(3);
    expect(out).toMatch(/None of \d+ txgs opens; of the newest:/);
  });

  it('has status 1 without a trace of ZFS, and one document all the same', async () => {
    const { status, document } = await ask<DatasetsDocument>(['datasets', import.meta.filename]);
    expect(document).toMatchObject({ schema: 'zfs-uber/datasets/1', pool: null, txg: null, datasets: [] });
    // Too short for a label: nothing can be said of it.
    expect(status).toBe(document.sources[0]?.error === null ? 1 : 3);
  });

  it('asks which pool where there are several', async () => {
    const images = [...(await imagesOf('torn-sector')), ...(await imagesOf('four-tops'))];
    const { status, err } = await run(['datasets', ...images]);
    expect(status).toBe(2);
    const [, guid = ''] = /several pools fit: \w+ \((\d+)\)/.exec(err) ?? [];
    expect((await ask<DatasetsDocument>(['datasets', '--pool', guid, ...images])).document.pool?.guid).toBe(guid);
  });
});

describe('history', () => {
  it('begins with what was destroyed and which txg in the rings is from before', async () => {
    const images = await imagesOf('four-tops');
    const { out, status } = await run(['history', ...images]);
    expect(status).toBe(0);
    const [, what, txg, before] =
      /Undo +destroy (\S+) in txg (\d+): the rings still hold txg (\d+), from\s+before/.exec(out) ?? [];
    expect(Number(before)).toBeLessThan(Number(txg));
    const names = async (at: string) => {
      const { document } = await ask<SnapshotsDocument>(['snapshots', '--txg', at, ...images]);
      return document.snapshots.map(({ name }) => name);
    };
    expect(await names(before ?? '')).toContain(what);
    const { document } = await ask<SnapshotsDocument>(['snapshots', ...images]);
    expect(document.snapshots.map(({ name }) => name)).not.toContain(what);
  });

  it('says of a command which txg it cannot be before', async () => {
    const { document } = await ask<HistoryDocument>(['history', ...(await imagesOf('torn-sector'))]);
    const commands = document.records.filter(({ kind }) => kind === 'command');
    expect(commands.length).toBeGreaterThan(3);
    for (const { txg, afterTxg, host } of commands.slice(1)) {
      expect(txg).toBeNull();
      expect(BigInt(afterTxg ?? '-1')).toBeGreaterThan(0n);
      expect(host).not.toBeNull();
    }
  });
});

describe('object and block', () => {
  const images = () => imagesOf('torn-sector');

  it('refuse what is not there, with what is', async () => {
    const refused = async (...args: string[]) => {
      const { status, err, out } = await run([...args, ...(await images())]);
      expect({ status, out }).toEqual({ status: 2, out: '' });
      return err;
    };
    expect(await refused('object', 'tank/ab', '1')).toContain("no dataset 'tank/ab' at txg");
    expect(await refused('object', 'tank/ab', '1')).toContain("did you mean 'tank/");
    expect(await refused('object', 'tank', '987654')).toContain('tank has no object 987654 at txg');
    expect(await refused('object', 'tank', 'x')).toContain('expected the number of an object');
    expect(await refused('block', '0:zz:1000')).toContain('expected VDEV:OFFSET:SIZE');
    expect(await refused('block', '0:0:1001')).toContain('a multiple of 0x200');
    expect(await refused('block', '9:0:1000')).toContain('no vdev 9');
    expect((await run(['object', 'tank', '1'])).err).toContain('object: no SOURCE given');
    expect((await run(['object', 'tank'])).err).toContain('object: no OBJ given');
  });

  it('show the config of the pool by its name in the MOS', async () => {
    const { document } = await ask<ObjectDocument>(['object', 'mos', 'config', ...(await images())]);
    expect(document.object?.nvlist).toMatchObject({ name: 'tank', vdev_tree: { type: 'root' } });
    const directory = await ask<ObjectDocument>(['object', 'mos', '1', ...(await images())]);
    const entry = directory.document.entries.find(({ name }) => name === 'config');
    expect(entry?.values).toEqual([document.object?.id]);
  });

  it('write raw bytes, but never onto a source', async () => {
    const [image = ''] = await images();
    const { out, status } = await run(['block', '--raw', '0:0:1000', image]);
    expect([out.length, status]).toEqual([4096, 0]);
    const refused = await run(['block', '--raw', '0:0:1000', image], { outIs: (path) => path === image });
    expect(refused).toMatchObject({ status: 2, out: '' });
    expect(refused.err).toContain('it would be overwritten');
  });

  it('end early when nobody reads any more', async () => {
    let parts = 0;
    const send = async () => ++parts < 3;
    await run(['object', 'mos', '0', ...(await images())], { send });
    expect(parts).toBe(3);
  });
});

const COMMANDS = [['datasets'], ['snapshots'], ['history'], ['object', 'mos', 'config'], ['block', '0:4000:200']];

it.each(COMMANDS)('%s keeps to 80 columns and to printable characters', async (...command) => {
  for (const name of ['demo', 'version-28']) {
    const { out } = await run([...command, ...(await imagesOf(name))]);
    for (const line of out.split('\n')) {
      // A path is not broken.
      if (!line.includes('.cache')) expect(columnsOf(line)).toBeLessThanOrEqual(80);
      expect(line).toMatch(/^[\x20-\x7e]*$/);
    }
  }
});
