import { beforeAll, describe, expect, it } from 'vitest';
import { NoSuchTxgError } from '../../src/api/noSuchTxg.ts';
import { verify } from '../../src/api/verify.ts';
import type { Dataset } from '../../src/dataset/dsl.ts';
import { Files } from '../../src/dataset/files.ts';
import { orNull } from '../../src/dataset/orNull.ts';
import type { PoolAt } from '../../src/dataset/poolAt.ts';
import type { VerifyDocument } from '../../src/document/verifyDocument.ts';
import { OBJECT_TYPE } from '../../src/format/objectTypes.ts';
import { UnavailableBlockError } from '../../src/pool/blockRead.ts';
import { PLAIN_STYLE } from '../../src/text/page.ts';
import { verifyText } from '../../src/text/verifyText.ts';
import { openImages } from '../dataset/openImages.ts';
import { pool, poolImages, pools } from '../tools/images.ts';

const PAGE = { width: 80, rows: null, unicode: true, style: PLAIN_STYLE, now: 1_800_000_000 };
const NAMES = ['front-wiped', 'all-checksums', 'random-rot', 'removed-vdev', 'lying-mirror-both'];
const fixtures = pools().filter(({ name }) => NAMES.includes(name));

describe.each(fixtures)('verify of $name', (fixture) => {
  const { ro } = fixture.truth.answers;
  const loaded = Object.entries(ro).filter(([txg, { rc, used }]) => rc === 0 && used === Number(txg));
  const documents = new Map<string, VerifyDocument>();

  beforeAll(async () => {
    const images = await poolImages(fixture);
    const [newest, oldest] = [loaded[0], loaded.at(-1)];
    for (const [txg] of [newest, oldest].flatMap((each) => (each === undefined ? [] : [each]))) {
      documents.set(txg, await verify(images, BigInt(txg)));
    }
  });

  it('counts what the kernel counted', () => {
    expect(documents.size).toBeGreaterThan(0);
    for (const [txg, { metadataErrors, dataErrors }] of documents) {
      expect(`${metadataErrors},${dataErrors}`, txg).toBe(ro[txg]?.errs || '0,0');
    }
  });

  it('says of each block that fails whose it is and what each copy gave', () => {
    for (const { failures, found, files } of documents.values()) {
      expect(failures).toHaveLength(found.metadata + found.data);
      for (const failure of failures) {
        expect(failure.dataset).toMatch(/^tank/);
        expect(failure.path).toMatch(/^\/./);
        expect(failure.attempts.length).toBeGreaterThan(0);
        expect(failure.attempts.map(({ outcome }) => outcome)).not.toContain('good');
        const known = files.filter(({ path }) => path === failure.path);
        expect(known.flatMap(({ dataset, alsoIn }) => [dataset, ...alsoIn])).toContain(failure.dataset);
      }
    }
  });

  it('names every damaged file in its text, after the answer', () => {
    for (const document of documents.values()) {
      const text = verifyText(PAGE, document, { all: true, quiet: false });
      for (const { dataset, path } of document.files) {
        expect(text).toContain(`${dataset}:${path}`);
        expect(text.indexOf('Verdict')).toBeLessThan(text.indexOf(`${dataset}:${path}`));
      }
    }
  });
});

it('names every dataset and snapshot that has a block that fails, and no other', async () => {
  const images = await poolImages(pool('random-rot'));
  const view = await openImages(images);
  const { failures } = await verify(images, view.uberblock.txg);
  let shared = 0;
  for (const failure of failures) {
    if (failure.what !== 'content' || failure.datasetObject === '0' || failure.blockId === '-1') continue;
    const told = [failure.dataset, ...failure.alsoIn.map(({ dataset }) => dataset)].sort();
    shared += failure.alsoIn.length;
    const having: string[] = [];
    for await (const dataset of datasetsAndSnapshots(view)) {
      const objset = await view.objset(dataset);
      const object = await orNull(() => objset.find(BigInt(failure.object)));
      let reads: boolean | null = null;
      await orNull(
        async () => {
          await object?.block(BigInt(failure.blockId));
          reads = true;
        },
        (error) => {
          reads = !(error instanceof UnavailableBlockError);
        },
      );
      if (reads === false) having.push(dataset.name);
    }
    expect(told).toEqual(having.sort());
  }
  expect(shared).toBeGreaterThan(0);
});

it('says that nothing of a filesystem can be reached whose own objects are lost, and by what name it goes on', async () => {
  const images = await poolImages(pool('clones-rot'));
  const document = await verify(images, (await openImages(images)).uberblock.txg);
  expect(document.files).toMatchObject([{ dataset: 'tank/c7', path: '/', state: 'lost', alsoIn: ['tank/data@s7'] }]);
  expect(verifyText(PAGE, document, { all: false, quiet: false })).toContain(
    'tank/c7: the filesystem, with all its files',
  );
});

async function* datasetsAndSnapshots(view: PoolAt): AsyncGenerator<Dataset> {
  for await (const dataset of view.datasets()) {
    if (!dataset.phys.bp.hole) yield dataset;
    yield* view.snapshots(dataset);
  }
}

const broken = fixtures.filter(({ truth }) => Object.values(truth.answers.ro).some(({ rc }) => rc === 1));

it.each(broken)('shows the step at which a load of $name fails, and what else is damaged', async (fixture) => {
  const [txg] = Object.entries(fixture.truth.answers.ro).find(([, { rc }]) => rc === 1) ?? [];
  const document = await verify(await poolImages(fixture), BigInt(txg ?? 0), { depth: 'meta' });
  expect(document.verdict).toBe('damaged');
  const failed = document.steps.filter(({ outcome }) => outcome === 'failed');
  expect(document.reasons[0]).toBe(failed[0]?.message);
  const after = document.steps.slice(document.steps.indexOf(failed[0] ?? document.steps[0] ?? never()) + 1);
  expect(after.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'not-reached')).toEqual([]);
});

it('tells which txgs there are when the rings do not hold the one asked for', async () => {
  const [fixture = never()] = fixtures;
  await expect(verify(await poolImages(fixture), 1_000_000n)).rejects.toThrow(NoSuchTxgError);
});

function never(): never {
  throw new Error('no pool to test with');
}

describe('verify of a pool that lost a top-level vdev of four', () => {
  const newest = 98n;
  let document: VerifyDocument;
  let images: string[];

  beforeAll(async () => {
    images = await poolImages(pool('four-tops'));
    document = await verify(images.toSpliced(2, 1), newest);
  });

  it('names the parameter that the pool opens with, and leaves the verdict what it is', () => {
    expect(document).toMatchObject({ verdict: 'incomplete', metadataErrors: null, dataErrors: null });
    const parameters = ['zfs_max_missing_tvds=1'];
    expect(document.relaxed).toMatchObject({ parameters, tops: ['/v/d2'], verdict: 'readonly', complete: true });
  });

  it('names just the files of which a block lies on that vdev alone, or failed before it was lost', async () => {
    const before = await verify(images, newest);
    const expected = new Set(before.files.map(({ dataset, path }) => `${dataset}:${path}`));
    const view = await openImages(images, newest);
    let files = 0;
    for await (const dataset of view.datasets()) {
      const objset = await view.objset(dataset);
      if (objset.phys.type !== 'zfs') continue;
      const opened = await Files.open(objset);
      for await (const object of objset.objects()) {
        if (object.dnode.type !== OBJECT_TYPE.plainFile) continue;
        files++;
        let lost = false;
        for await (const { bp } of object.pointers()) {
          lost ||= bp.dvas.length > 0 && bp.dvas.every(({ vdev }) => vdev === 2);
        }
        if (lost) expected.add(`${dataset.name}:${await opened.pathOf(object.id)}`);
      }
    }
    expect(before.relaxed).toBeNull();
    expect(document.files.map(({ dataset, path }) => `${dataset}:${path}`).sort()).toEqual([...expected].sort());
    const sums = { files: 0, filesLost: 0 };
    for (const each of document.relaxed?.datasets ?? []) {
      sums.files += each.files ?? 0;
      sums.filesLost += each.filesLost ?? 0;
    }
    expect(sums).toEqual({ files, filesLost: document.files.length });
  });

  it('says so in its text, by dataset, with what is whole', () => {
    const text = verifyText(PAGE, document, { all: false, quiet: false });
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'with zfs_max_missing_tvds=1 it imports read-only without /v/d2, and 46 of 52 files can be read then',
    );
    expect(text).toMatch(/ 4 +7 files +tank\/a\n/);
    expect(text).toMatch(/ 0 +39 files +tank\/c\n/);
    expect(text).toMatch(/ 0 +a volume +tank\/vol\n/);
  });

  it('counts no files where content was not looked at', async () => {
    const { relaxed } = await verify(images.toSpliced(2, 1), newest, { depth: 'meta' });
    expect(relaxed).toMatchObject({ parameters: ['zfs_max_missing_tvds=1'], datasets: [] });
  });
});

it('does without nothing at a txg whose own config opens the vdev that the labels do not', async () => {
  const document = await verify(await poolImages(pool('forced-offline-top')), 32n);
  expect(document.relaxed).toMatchObject({ verdict: 'importable', risks: [], parameters: ['zfs_max_missing_tvds=1'] });
  expect(verifyText(PAGE, document, { all: false, quiet: false }).replaceAll(/\s+/g, ' ')).toContain(
    'it imports with /dev/vdD1 as the config of that txg has it, and 6 of 6 files can be read then',
  );
});

it('promises nothing where the only top-level vdev does not open, nor where the root block is lost with one', async () => {
  for (const name of ['raidz2-three-missing', 'special-lost']) {
    const fixture = pool(name);
    const { verdict, relaxed, files } = await verify(await poolImages(fixture), BigInt(fixture.truth.asked[0] ?? 0));
    expect({ verdict, relaxed, files }, name).toEqual({ verdict: 'incomplete', relaxed: null, files: [] });
  }
});
