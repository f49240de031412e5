import { beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../../src/api/verify.ts';
import type { DamagedFile } from '../../src/document/damagedFiles.ts';
import type { FailureEntry, SeenRelaxedEntry, VerifyDocument } from '../../src/document/verifyDocument.ts';
import { PLAIN_STYLE } from '../../src/text/page.ts';
import { verifyText } from '../../src/text/verifyText.ts';
import { openImages } from '../dataset/openImages.ts';
import { pool, poolImages } from '../tools/images.ts';

const PAGE = { width: 200, rows: null, unicode: true, style: PLAIN_STYLE, now: 1_800_000_000 };

const file = (about: Partial<DamagedFile>): DamagedFile => ({
  dataset: 'tank/a',
  path: '/f',
  otherPaths: [],
  object: '9',
  state: 'damaged',
  directory: false,
  blocks: 1,
  damagedBytes: '131072',
  alsoIn: [],
  nameless: null,
  ...about,
});

describe('the text of verify', () => {
  let sample: VerifyDocument;
  let failure: FailureEntry;

  beforeAll(async () => {
    const images = await poolImages(pool('rot-heavy'));
    sample = await verify(images, (await openImages(images)).uberblock.txg);
    const [first] = sample.failures;
    if (first === undefined) throw new Error('nothing fails');
    failure = first;
  });

  const textOf = (about: Partial<VerifyDocument>, all = false) =>
    verifyText(PAGE, { ...sample, files: [], failures: [], ...about }, { all, quiet: false });

  it('names all hard links of a file and the snapshots that have the same damage', () => {
    const text = textOf({ files: [file({ otherPaths: ['/g', '/h'], alsoIn: ['tank/a@s2', 'tank/a@s1'] })] });
    expect(text).toContain('tank/a:/f (also named /g, /h; also in tank/a@s2, tank/a@s1)');
  });

  it('lets no name reach the terminal raw', () => {
    const text = textOf({
      files: [file({ path: '/a\x1b[31m\u202e\nb', otherPaths: ['/\x07'], alsoIn: ['tank/\x9b'] })],
    });
    expect(text).toContain('tank/a:/a\\x1b[31m\\u{202e}\\x0ab (also named /\\x07; also in tank/\\x9b)');
  });

  it('tells files that only lost their names by their directory, and one by one on request', () => {
    const nameless = ['12', '13', '14'].map((object) =>
      file({ state: 'nameless', object, path: `/d/<name unknown, object ${object}>`, blocks: 0, damagedBytes: '0' }),
    );
    const text = textOf({ files: nameless });
    expect(text).toContain('Files that only lost their names: 3');
    expect(text).toMatch(/- +3 names +tank\/a:\/d, objects 12, 13, 14\n/);
    expect(textOf({ files: nameless }, true)).toContain('tank/a:/d/<name unknown, object 13>');
  });

  it('says of a pool without a top-level vdev what can be read, no more than was counted, and no name raw', () => {
    const of = (about: Partial<SeenRelaxedEntry>) =>
      textOf({
        metadataErrors: null,
        relaxed: {
          parameters: ['zfs_max_missing_tvds=1'],
          verdict: 'readonly',
          cost: '',
          risks: ['lost-blocks'],
          tops: ['/d\x1b[31m'],
          metadataErrors: 0,
          onLinux: [],
          onFreeBsd: [],
          datasets: [
            { dataset: 'tank/whole', kind: 'filesystem', files: 7, filesLost: 0, blocksLost: 0 },
            { dataset: 'tank/\x9b', kind: 'filesystem', files: 5, filesLost: 2, blocksLost: 3 },
            { dataset: 'tank/closed', kind: 'filesystem', files: null, filesLost: null, blocksLost: 1 },
            { dataset: 'tank/v', kind: 'volume', files: 0, filesLost: 0, blocksLost: 2 },
          ],
          complete: true,
          ...about,
        },
      }).replaceAll(/[ \n]+/g, ' ');
    const way = 'with zfs_max_missing_tvds=1 it imports read-only without /d\\x1b[31m, and';
    expect(of({})).toContain(`${way} 10 of 12 files can be read then, and nothing of 1 filesystem`);
    expect(of({})).toContain('2 5 files tank/\\x9b all ? tank/closed 2 blocks a volume tank/v 0 7 files tank/whole');
    expect(of({ complete: false })).toContain(`${way} at least 2 of 12 files counted cannot be read then`);
  });

  it('says why a file has no name', () => {
    const closed = file({ path: null, nameless: 'encrypted' });
    const unlinked = file({ path: null, nameless: 'unlinked', state: 'unlinked' });
    expect(textOf({ files: [closed, unlinked] })).toMatch(
      /tank\/a, object 9 \(its name is encrypted\)\n.*tank\/a, object 9 \(deleted, was open\)/,
    );
  });

  it('says of lost dnodes which files they were, a few of many', () => {
    const lost = ['a', 'b', 'c', 'd', 'e'].map((name, i) => ({
      object: `${128 + i}`,
      state: 'lost' as const,
      paths: [`/${name}.txt`],
      directory: false,
      parentObject: null,
    }));
    const entry: FailureEntry = { ...failure, kind: 'metadata', what: 'dnodes', object: '0', path: null };
    const text = textOf({ failures: [{ ...entry, objects: { first: '128', last: '159' }, lost, lostAll: true }] });
    expect(text).toContain('objects 128 to 159: 5 files: /a.txt, /b.txt, /c.txt and 2 more');
    const some = textOf({ failures: [{ ...entry, objects: { first: '128', last: '159' }, lost, lostAll: false }] });
    expect(some).toContain('at least 5 files');
  });

  it('says what an object of the pool is for', () => {
    const role = 'space map of metaslab 12 of vdev 0';
    const entry: FailureEntry = { ...failure, kind: 'metadata', dataset: 'mos', path: null, what: 'content', role };
    expect(textOf({ failures: [entry] })).toContain(`(${role})`);
  });
});
