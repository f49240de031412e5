import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import { scanStatus } from '../../src/cli/exitStatus.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { COMMAND, type Ran, zfsUber } from '../tools/command.ts';
import {
  configOf,
  HUGE_NVLISTS,
  nestedNvlist,
  replaced,
  withConfig,
  withRings,
  writeDevice,
} from '../tools/forgeLabel.ts';
import { pool, poolImages } from '../tools/images.ts';
import { type LabelBytes, labelsOfFile } from '../tools/labelImage.ts';
import { contractTroubles } from '../tools/scanDocumentShape.ts';

// Whatever is given to the command: an answer in words with source and offset, the status of the contract, nothing that
// a terminal obeys, and all of the healthy pool that was given beside it.

const STEP = 64 * 1024;
/** What a terminal acts on; line ends are taken out before. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const SCAN = ['scan', '--depth', 'labels'] as const;

// A build may have to come first, and each run starts a process or three.
let folder = '';
/** A whole image, and the labels of it that the forgeries are made from. */
let image = '';
let real: LabelBytes;
let healthy: string[] = [];
let alone: ScanDocument;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-bad-'));
  chmodSync(folder, 0o755);
  [image = ''] = await poolImages(pool('torn-sector'));
  real = await labelsOfFile(image);
  healthy = await poolImages(pool('stale-leg'));
  alone = documentOf(await zfsUber([...SCAN, '--json', ...healthy]));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const documentOf = ({ stdout }: Ran): ScanDocument => JSON.parse(stdout) as ScanDocument;

function expectHarmless({ stdout, stderr, status, signal }: Ran): void {
  expect(signal).toBeNull();
  expect(status).not.toBe(70);
  expect(stdout.replaceAll('\n', '')).not.toMatch(OBEYED);
  expect(stderr.replaceAll('\n', '')).not.toMatch(OBEYED);
}

interface Answers {
  /** Of the bad source alone, as text, its lines joined: messages are wrapped. */
  readonly text: string;
  readonly status: number | null;
  /** Of the bad source alone. */
  readonly document: ScanDocument;
  readonly said: string;
}

/** Scans the source alone and beside the healthy pool, as text and as JSON, and expects of it what holds for all. */
async function answersTo(spec: string): Promise<Answers> {
  const [text, json, beside] = await Promise.all([
    zfsUber([...SCAN, spec]),
    zfsUber([...SCAN, '--json', spec]),
    zfsUber([...SCAN, '--json', spec, ...healthy]),
  ]);
  for (const ran of [text, json, beside]) expectHarmless(ran);
  expect(text.status).toBe(json.status);
  expect(text.stderr).toBe('');

  const document = documentOf(json);
  expect(contractTroubles(document)).toEqual([]);
  expectNothingLost(documentOf(beside));
  // What the bad source adds never makes a status better than its own.
  expect(beside.status).toBe(json.status === 3 && document.sources.some(isUnread) ? 3 : 0);
  return { text: text.stdout.replace(/\s+/g, ' '), status: json.status, document, said: saidBy(document) };
}

/** All that a document says of what is wrong. */
const saidBy = ({ sources, findings, pools }: ScanDocument): string =>
  [
    ...sources.flatMap(({ error, labels }) => [error, ...labels.map((label) => label.error)]),
    ...findings,
    ...pools.flatMap((each) => each.findings),
  ]
    .map((each) => each?.message ?? '')
    .join('\n');

/** The very same pool and sources as when they are given alone, only at other places in the lists. */
function expectNothingLost(beside: ScanDocument): void {
  expect(contractTroubles(beside)).toEqual([]);
  const moved = beside.sources.findIndex(({ path: given }) => given === healthy[0]);
  expect(beside.sources.slice(moved, moved + healthy.length)).toEqual(alone.sources);
  const [expected] = alone.pools;
  const found = beside.pools.find(({ guid }) => guid === expected?.guid);
  expect(found?.sources).toEqual(expected?.sources.map((index) => index + moved));
  // Where the other pool has the same name, the commands import it by its guid under another one.
  const byName = (value: unknown) =>
    JSON.stringify(value)
      ?.replaceAll(',"byGuid":"ambiguous-name"', '')
      .replaceAll(`"-t","${expected?.guid}",`, '')
      .replaceAll(`-t ${expected?.guid} `, '')
      .replaceAll(`${expected?.name}-${expected?.guid.slice(-6)}`, expected?.name ?? '');
  const unmoved = found?.candidates.map((each) => ({ ...each, sources: each.sources.map((index) => index - moved) }));
  expect(byName(unmoved)).toBe(byName(expected?.candidates));
  expect(byName(found?.recommendation)).toBe(byName(expected?.recommendation));
  expect(found?.findings.map(({ message }) => message)).toEqual(expected?.findings.map(({ message }) => message));
}

const isUnread = ({ error, labels }: ScanDocument['sources'][number]): boolean =>
  error !== null || labels.some(({ status, ring }) => status === 'unreadable' || (ring?.unreadable ?? 0) > 0);

const path = (name: string): string => join(folder, name);

function file(name: string, bytes: Uint8Array | string): string {
  writeFileSync(path(name), bytes);
  return path(name);
}

describe('sources that cannot be a device', () => {
  it.each([
    ['an empty file', () => file('empty', ''), 'empty @ 0x0: it is empty: 0 bytes', 'source-empty'],
    ['a file of one byte', () => file('one', 'x'), 'one @ 0x0: 1 byte is too few to hold a ZFS label', 'source-short'],
    ['a path that does not exist', () => path('missing'), 'missing @ 0x0: ENOENT: no such file', 'ENOENT'],
    [
      'a path that is longer than any',
      () => path('x'.repeat(5000)),
      'ENAMETOOLONG: the path is too long',
      'ENAMETOOLONG',
    ],
    [
      'a link to itself',
      () => {
        symlinkSync('itself', path('itself'));
        return path('itself');
      },
      'itself @ 0x0: ELOOP: too many symbolic links',
      'ELOOP',
    ],
    [
      'a directory without images',
      () => {
        mkdirSync(path('none'));
        writeFileSync(path('none/readme.txt'), 'hello');
        return path('none');
      },
      'none @ 0x0: no image or device in this directory',
      'no-images',
    ],
    [
      'a slice of a directory',
      () => `${folder}@0+1048576`,
      'it is a directory, and a part of it was asked for',
      'not-a-source',
    ],
    ['a slice past the end', () => `${file('short', new Uint8Array(STEP))}@1048576`, 'short', 'format-bounds'],
  ])('answers %s with status 3 and says so', async (_, make, message, code) => {
    const { status, text, document } = await answersTo(make());
    expect(status).toBe(3);
    expect(document.sources.map(({ error }) => error?.code)).toEqual([code]);
    expect(text).toContain(message.replace(/.*? @/, '@').trim());
    expect(text).toContain(message);
  });

  it('answers a file that it may not read with status 3', async () => {
    const spec = file('locked', new Uint8Array(1024 * 1024));
    chmodSync(spec, 0);
    mkdirSync(path('closed'));
    chmodSync(path('closed'), 0);
    const nobody = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
    const [program = process.execPath, ...rest] = [...nobody, process.execPath, '-e', `fs.readFileSync('${COMMAND}')`];
    // Where nobody may not even read the command, as in a home directory, there is nothing to run.
    if (spawnSync(program, rest).status !== 0) return;
    const ran = await zfsUber([...SCAN, '--json', spec, path('closed/file')], { under: nobody });
    expectHarmless(ran);
    expect(ran.status).toBe(3);
    expect(documentOf(ran).sources[1]?.error).toMatchObject({ code: 'EACCES' });
    expect(documentOf(ran).sources[0]?.error).toMatchObject({
      code: 'EACCES',
      message: expect.stringContaining('locked @ 0x0: EACCES: no permission to read it'),
    });
  });

  it('answers 511 KiB of zeros, and any other file, with status 1', async () => {
    for (const bytes of [new Uint8Array(511 * 1024), Buffer.from('hello '.repeat(90_000))]) {
      const { status, text, document } = await answersTo(file('other', bytes));
      expect(status).toBe(1);
      expect(text).toContain('No trace of ZFS');
      expect(document.pools).toEqual([]);
    }
  });
});

describe('an image that ends early', () => {
  const cut = (size: number): string => file(`cut-${size / 1024}`, readFileSync(image).subarray(0, size));
  /** As the command does it, without its start: there are many cuts. */
  const scanned = async (spec: string) => {
    expectNothingLost(await scan([spec, ...healthy], { depth: 'labels' }));
    const document = await scan([spec], { depth: 'labels' });
    expect(contractTroubles(document)).toEqual([]);
    return { document, said: saidBy(document), status: scanStatus(document) };
  };

  it.each(Array.from({ length: 16 }, (_, i) => [i + 1] as const))(
    'is read as far as it goes: %i times 64 KiB',
    async (steps) => {
      const size = steps * STEP;
      const { status, document, said } = await scanned(cut(size));
      const [source] = document.sources;
      expect(said).toContain(`cut-${size / 1024} `);
      if (steps === 1) {
        expect(status).toBe(3);
        expect(source?.error?.code).toBe('source-short');
        return;
      }
      expect(status).toBe(0);
      // The config of a label ends 128 KiB into it, its ring with the label.
      const has = (label: number) => size >= label * 4 * STEP + 2 * STEP;
      const states = source?.labels.map((label) => label.status) ?? [];
      expect(states.slice(0, 2)).toEqual([0, 1].map((label) => (has(label) ? 'ok' : 'absent')));
      expect(document.pools.map(({ name }) => name)).toEqual(['tank']);
      expect(document.pools[0]?.findings.map(({ code }) => code)).toContain('device-truncated');
      if (steps >= 4) expect(source?.uberblocks.length).toBe(46);
    },
  );

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('is read as far as it goes: %i times 64 KiB less than whole', async (steps) => {
    const { status, document, said } = await scanned(cut(real.size - steps * STEP));
    expect(status).toBe(0);
    expect(document.sources[0]?.labels.slice(0, 2).map((label) => label.status)).toEqual(['ok', 'ok']);
    expect(document.sources[0]?.uberblocks.length).toBe(46);
    // Labels 2 and 3 lie elsewhere now: what is there instead is said.
    expect(said).toMatch(/cut-\d+/);
    expect(document.pools).toHaveLength(1);
  });

  it.each([1, 2, 9])('says so through the command: %i times 64 KiB', async (steps) => {
    const { status, text } = await answersTo(cut(steps * STEP));
    expect(status).toBe(steps === 1 ? 3 : 0);
    expect(text).toContain(
      steps === 1 ? '65536 bytes are too few' : `is too short: it has ${(steps * STEP) / 1024} KiB`,
    );
  });
});

describe('labels that lie under a right checksum', () => {
  it.each(Object.entries(HUGE_NVLISTS))('answers %s at once and in little memory', async (name, packed) => {
    const spec = await writeDevice(withConfig(real, packed), path(`huge ${name}`));
    const { status, document, text, said } = await answersTo(spec);
    expect(status).toBe(0);
    expect(document.sources[0]?.labels.map((label) => label.status)).toEqual(Array(4).fill('malformed'));
    // Its uberblocks are sound all the same.
    expect(document.sources[0]?.uberblocks.length).toBe(46);
    expect(said).toMatch(/huge .* @ 0x40[0-9a-f]{2} label 0 > config/);
    expect(text).toMatch(/@ 0x40[0-9a-f]{2} label 0 > config/);
  });

  it('answers lists nested as deep as a label goes', async () => {
    const spec = await writeDevice(withConfig(real, nestedNvlist(10_000)), path('nested'));
    const { status, text, document } = await answersTo(spec);
    expect(status).toBe(0);
    expect(text).toMatch(/nested @ 0x[0-9a-f]+ label 0 > config > a > .*: nvlist is nested more than \d+ deep/);
    expect(document.pools).toMatchObject([{ name: null }]);
    expect(document.pools[0]?.findings.map(({ code }) => code)).toContain('device-by-ring');
  });

  it('answers an ashift of 255, and reads the rings all the same', async () => {
    const config = replaced(configOf(real), 'ashift', 255n, 'vdev_tree');
    const { status, text, document } = await answersTo(await writeDevice(withConfig(real, config), path('ashift')));
    expect(status).toBe(0);
    expect(text).toContain('ashift @ 0x0 label 0: ashift: expected 9 to 16, found 255');
    expect(document.sources[0]?.uberblocks.length).toBe(46);
    expect(document.sources[0]?.labels[0]?.ring?.slotSizeBytes).toBe(1024);
  });

  it('answers rings of random bytes', async () => {
    const noise = createHash('shake256', { outputLength: 1024 }).update('rings').digest();
    const forged = withRings(real, (offset) => noise[(offset * 31 + (offset >>> 10)) & 1023] ?? 0);
    const { status, text, document } = await answersTo(await writeDevice(forged, path('noise')));
    expect(status).toBe(0);
    expect(text).toMatch(/noise @ 0x20000 label 0 > ring: no uberblock in 512 of 512 slots/);
    expect(document.pools).toMatchObject([{ name: 'tank', candidates: [], recommendation: null }]);
  });

  it('escapes names that would command the terminal, in text and in JSON', async () => {
    const evil = 'ta\x1b[31mnk\x07\u202egpj\n\x9b2J\u2028';
    let config = configOf(real);
    for (const name of ['name', 'hostname']) config = replaced(config, name, evil);
    config = replaced(config, 'path', evil, 'vdev_tree');
    const { status, text, document } = await answersTo(await writeDevice(withConfig(real, config), path('names')));
    expect(status).toBe(0);
    expect(text).toContain('ta\\x1b[31mnk\\x07\\u{202e}gpj\\x0a\\x9b2J\\u{2028}');
    expect(document.pools).toMatchObject([{ name: evil, hostname: evil }]);
    for (const command of ['labels', 'ring']) {
      for (const json of [[], ['--json']]) expectHarmless(await zfsUber([command, ...json, path('names')]));
    }
  });

  it('escapes the same in the name of a file', async () => {
    const spec = file('fi\x1b[2Jle\u202e.img', readFileSync(image).subarray(0, 512 * 1024));
    expectHarmless(await zfsUber([...SCAN, spec]));
    expectHarmless(await zfsUber([...SCAN, `${spec}-missing`]));
    expectHarmless(await zfsUber([...SCAN, '--json', spec]));
  });
});

it('tells of every bad source given together, and still of the pool', async () => {
  const bad = ['empty', 'one', 'missing', 'nested', 'noise'].map(path);
  const ran = await zfsUber([...SCAN, '--json', ...bad, ...healthy]);
  expect(ran.status).toBe(3);
  const document = documentOf(ran);
  expect(document.sources.map(({ error }) => error?.code ?? null)).toEqual([
    'source-empty',
    'source-short',
    'ENOENT',
    null,
    null,
    ...healthy.map(() => null),
  ]);
  expect(document.pools.map(({ guid }) => guid)).toContain(alone.pools[0]?.guid);
});
