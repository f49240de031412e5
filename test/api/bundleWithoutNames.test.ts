import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Files } from '../../src/dataset/files.ts';
import { orNull } from '../../src/dataset/orNull.ts';
import { Zap } from '../../src/dataset/zap.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { OBJECT_TYPE } from '../../src/format/objectTypes.ts';
import {
  checkBundles,
  datasets,
  history,
  labels,
  openPools,
  ring,
  scan,
  verify,
  writeBundle,
} from '../../src/index.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { openBundle } from '../../src/source/bundle/openBundle.ts';
import { PLAIN_STYLE } from '../../src/text/page.ts';
import { ringText } from '../../src/text/ringText.ts';
import { scanText } from '../../src/text/scanText.ts';
import { pool, poolImages, pools } from '../tools/images.ts';

const PAGE = { width: 100, rows: null, unicode: true, style: PLAIN_STYLE, now: 1_800_000_000 };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-nameless-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One of each way to read; all of the folders that were named. */
const NAMES = [
  'demo',
  'raidz3-rotten',
  'removed-vdev',
  'version-28',
  'zil-lying',
  'split-brain',
  'draid-one-missing',
  'encrypted-lying',
  'old-gangs',
  'checkpoint-newest-lost',
];
const CHOSEN = process.env['ZFS_UBER_POOLS'] === undefined ? NAMES.map(pool) : pools();

/** What does not depend on names. */
const verdicts = ({ pools: found, findings }: ScanDocument): unknown => ({
  findings: findings.map(({ code }) => code),
  pools: found.map(({ guid, candidates, recommendation, findings: own, waysOut }) => ({
    guid,
    candidates: candidates.map(
      ({ txg, verdict, metadataErrors, dataErrors, failsAt, reasonData, hazards, relaxed }) => ({
        ...{ txg, verdict, metadataErrors, dataErrors, failsAt, relaxed },
        reasons: reasonData.map(({ code }) => code),
        hazards: hazards.map(({ kind, certain }) => [kind, certain]),
      }),
    ),
    txg: recommendation?.txg,
    why: recommendation?.whyData,
    findings: own.map(({ code, severity }) => ({ code, severity })),
    ways: waysOut?.map(({ kind, txg, verdict, parameters }) => ({ kind, txg, verdict, parameters })),
  })),
});

describe('a bundle without names has the verdicts of the devices', () => {
  it.each(CHOSEN)('$name', async (fixture) => {
    const images = await poolImages(fixture);
    const file = join(folder, `${fixture.name}.bundle`);
    await writeBundle(images, file, { withoutNames: true });
    expect(verdicts(await scan([file]))).toEqual(verdicts(await scan(images)));
    expect((await checkBundles([file])).bundles).toMatchObject([{ whole: true, about: { withoutNames: true } }]);
  });
});

/** Of datasets, snapshots and all entries of directories, at the oldest and the newest txg that open. */
async function namesIn(images: readonly string[]): Promise<Set<string>> {
  const names = new Set<string>();
  const opened = await openPools(images);
  try {
    const [one] = opened.pools;
    for (const txg of [one?.txgs[0], one?.txgs.at(-1)]) {
      const view = await one?.at(txg).catch(() => null);
      if (view == null) continue;
      for await (const dataset of view.datasets()) {
        names.add(dataset.name.split('/').slice(1).join('/').split('/').at(-1) ?? '');
        for await (const each of view.snapshots(dataset)) names.add(each.name.split('@')[1] ?? '');
        const files = await Files.open(await view.objset(dataset)).catch(() => null);
        if (files === null) continue;
        for await (const object of files.objset.objects({ onTrouble: () => undefined })) {
          if (object.dnode.type !== OBJECT_TYPE.directory) continue;
          const zap = await orNull(() => Zap.open(object));
          for await (const entry of zap?.entries({ onTrouble: () => undefined }) ?? []) names.add(entry.name);
        }
      }
    }
  } finally {
    await opened.close();
  }
  return names;
}

/** All that the frames of a bundle hold. */
async function contentOf(path: string): Promise<Buffer> {
  const source = await openFileSource(path);
  try {
    const { file } = await openBundle(source);
    const streams = [file.kept, file.runs, file.answers, file.manifest];
    return Buffer.concat(await Promise.all(streams.map((stream) => file.whole(stream))));
  } finally {
    await source.close();
  }
}

/** Shorter ones stand in any text by chance. */
const TELLING = 5;

describe.each(['random-rot', 'demo'])('%s', (name) => {
  it('has no name of a dataset, snapshot or file in any byte of it, and one with names has', async () => {
    const images = await poolImages(pool(name));
    const names = [...(await namesIn(images))].filter(({ length }) => length >= TELLING);
    expect(names.length).toBeGreaterThan(0);
    const [without, withNames] = [join(folder, `${name}.without`), join(folder, `${name}.with`)];
    await writeBundle(images, without, { withoutNames: true });
    await writeBundle(images, withNames);
    const found = async (path: string) => {
      const bytes = await contentOf(path);
      return names.filter((each) => bytes.includes(each));
    };
    expect(await found(without)).toEqual([]);
    expect((await found(withNames)).length).toBeGreaterThan(0);
  });
});

describe('what is made of a bundle without names', () => {
  let file = '';
  let images: string[] = [];
  beforeAll(async () => {
    images = await poolImages(pool('demo'));
    file = join(folder, 'made-up.bundle');
    await writeBundle(images, file, { withoutNames: true });
  });

  it('has names of the same number, none of which is one of the pool', async () => {
    const [own, bundled] = [await datasets(images), await datasets([file])];
    const namesOf = (document: typeof own) => document.datasets.map(({ name }) => name.slice(name.indexOf('/')));
    expect(namesOf(bundled)).toHaveLength(namesOf(own).length);
    expect(namesOf(bundled).filter((each) => each.startsWith('/') && namesOf(own).includes(each))).toEqual([]);
    const numbers = (document: typeof own) => document.datasets.map(({ guid, usedBytes }) => [guid, usedBytes]).sort();
    expect(numbers(bundled)).toEqual(numbers(own));
  });

  it('has no history, and says that nobody put it in', async () => {
    const { records, troubles } = await history([file]);
    expect(records).toEqual([]);
    expect(troubles.map(({ code }) => code)).toEqual(['not-in-bundle']);
  });

  it('counts the same damage at any txg', async () => {
    const { pools: found } = await scan([file], { depth: 'labels' });
    for (const { txg } of found[0]?.candidates ?? []) {
      const [own, bundled] = await Promise.all(
        [images, [file]].map((sources) => verify(sources, BigInt(txg), { depth: 'meta' })),
      );
      expect(bundled?.verdict).toBe(own?.verdict);
      expect(bundled?.found).toEqual(own?.found);
      expect(bundled?.failures).toHaveLength(own?.failures.length ?? 0);
    }
  });

  it('has the labels and rings of the devices', async () => {
    const [own, bundled] = [await labels(images), await labels([file])];
    expect(bundled.sources.map((source) => source.labels.map(({ config }) => config))).toEqual(
      own.sources.map((source) => source.labels.map(({ config }) => config)),
    );
  });

  it('says before everything else that it is of a bundle, and that names were made up', async () => {
    const choice = { all: false, quiet: false, newestFirst: false, pool: null, show: [] };
    const first = 'From a bundle, not from the devices:';
    const text = scanText(PAGE, await scan([file]), choice);
    expect(text.startsWith(`  ${first}`)).toBe(true);
    expect(text).toContain('were made up');
    // What a bundle has not, nobody is sent for.
    expect(text).not.toContain('--depth data');
    expect(ringText(PAGE, await ring([file]), choice)).toContain(first);
    expect(scanText(PAGE, await scan(images), choice)).not.toContain(first);
  });
});
