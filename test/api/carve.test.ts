import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageIn } from '../../bin/images.js';
import { carve } from '../../src/api/carve.ts';
import { UsageError } from '../../src/bytes/errors.ts';
import type { CarveDocument } from '../../src/document/carveDocument.ts';
import { overlay, scan } from '../../src/index.ts';
import { carveText } from '../../src/text/carveText.ts';
import { PLAIN_STYLE } from '../../src/text/page.ts';
import { imageOf, MIB, type Piece, withoutConfigs, withoutLabels } from '../pool/carve/madeDisk.ts';
import { schemaTroubles } from '../tools/schemaTroubles.ts';

let room = '';
let single: Uint8Array;
let old: Uint8Array;
let small: Uint8Array;

function write(name: string, size: number, pieces: readonly Piece[]): string {
  const path = join(room, name);
  const file = openSync(path, 'w');
  ftruncateSync(file, size);
  for (const { at, bytes } of pieces) writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
  return path;
}

beforeAll(async () => {
  room = mkdtempSync(join(tmpdir(), 'zfs-uber-carve-'));
  [single, old, small] = [await imageOf('healthy-single'), await imageOf('version-28'), await imageOf('lying-ashift9')];
});
afterAll(() => rmSync(room, { recursive: true, force: true }));

/** What a printed command is given, less the program and its name. */
const specsOf = (words: readonly string[]): string[] => words.slice(words.indexOf('--pool') + 2);

describe('carve', () => {
  let path = '';
  let document: CarveDocument;
  beforeAll(async () => {
    const [front, middle] = [200 * MIB + 512, 400 * MIB];
    path = write('lost.img', 700 * MIB, [
      { at: front, bytes: single },
      { at: middle, bytes: withoutConfigs(old) },
      { at: 500 * MIB, bytes: withoutLabels(small) },
    ]);
    document = await carve([path]);
  });

  it('gives commands that find the same pool', async () => {
    expect(document.pools.map(({ name }) => name)).toEqual(['tank']);
    const [pool] = document.pools;
    const specs = specsOf(pool?.commands.scan ?? []);
    expect(specs).toEqual([`${path}@${200 * MIB + 512}+${single.length}`]);
    const scanned = await scan(specs, { depth: 'mos', pool: pool?.guid ?? null });
    expect(scanned.pools.map(({ guid }) => guid)).toEqual([pool?.guid]);
    expect(scanned.sources.flatMap(({ labels }) => labels.map(({ status }) => status))).toEqual(Array(4).fill('ok'));
    const laid = await overlay(specsOf(pool?.commands.overlay ?? []), { pool: pool?.guid ?? null, as: 'copy' });
    expect(laid.refusal).toBe(null);
  });

  it('names the pool of a vdev without a config, and says how far a root without an uberblock reads', () => {
    const [, lost] = document.vdevs;
    expect([lost?.offsetBytes, lost?.pool, lost?.followed?.pool?.name]).toEqual([`${400 * MIB}`, null, 'tank']);
    const root = document.roots.find(({ base }) => base?.offsetBytes === `${500 * MIB}`);
    expect(root?.followed).toMatchObject({ reaches: 'datasets', names: ['tank'] });
  });

  it('gives a document as its schema says', () => {
    expect(schemaTroubles(document)).toEqual([]);
  });

  it('counts places in a part of a file from the beginning of the file', async () => {
    const { vdevs } = await carve([`${path}@${150 * MIB}+${150 * MIB}`]);
    expect(vdevs.map(({ offsetBytes }) => offsetBytes)).toEqual([`${200 * MIB + 512}`]);
    expect(vdevs[0]?.spec).toBe(`${path}@${200 * MIB + 512}+${single.length}`);
  });

  it('of a disk image gives what scan takes as a part of the disk in it', async () => {
    const folder = join(import.meta.dirname, '..', '..', 'test-images', 'disk-images');
    for (const name of ['late.img', 'dynamic.vhdx', 'stream.vmdk']) {
      const image = await imageIn(folder, name);
      const { pools, sources } = await carve([image]);
      const [spec = ''] = specsOf(pools[0]?.commands.scan ?? []);
      expect(sources[0]?.error).toBe(null);
      const words = pools[0]?.commands.overlay ?? [];
      const as = words[2] === '--as' ? words[3] : 'qcow2';
      if (as !== 'qcow2' && as !== 'copy') throw new Error(words.join(' '));
      expect((await overlay(specsOf(words), { as, output: join(room, `${name}.overlay`) })).refusal).toBe(null);
      const whole = spec.includes('@') ? spec : `${spec}@0`;
      const scanned = await scan([whole], { depth: 'labels' });
      expect(scanned.pools.map(({ guid }) => guid)).toEqual(pools.map(({ guid }) => guid));
    }
  });
});

/** Bytes, holes included: where the system tells of them they are not read. */
const lookedAt = ({ sources }: CarveDocument): number =>
  sources.reduce((sum, { readBytes, skippedBytes }) => sum + Number(readBytes) + Number(skippedBytes), 0);

it('a root on a raidz is told, with what is not done for it, and no command', async () => {
  const bytes = withoutLabels(await imageOf('raidz2-two-missing'));
  const document = await carve([write('raidz.img', bytes.length, [{ at: 0, bytes }])]);
  expect(document.roots.length).toBeGreaterThan(4);
  for (const { base, followed, commands } of document.roots)
    expect([base, followed, commands]).toEqual([null, null, { scan: [], overlay: [] }]);
  const page = { width: 100, rows: null, unicode: true, style: PLAIN_STYLE, now: 0 };
  const text = (quiet: boolean) => carveText(page, document, { all: false, quiet }).replaceAll(/\s+/g, ' ');
  expect(text(true)).toContain('None of these is followed');
  expect(text(true)).toContain('on a raidz or dRAID');
});

describe('the state of a carving', () => {
  it('is gone on from, and then nothing is read again', async () => {
    const path = write('once.img', 100 * MIB, [{ at: 20 * MIB, bytes: single }]);
    const state = join(room, 'once.state');
    const stop = new AbortController();
    const part = await carve([path], { state, signal: stop.signal, progress: () => stop.abort() });
    const [begun] = part.sources;
    expect([part.stopped, Number(begun?.doneBytes) < 30 * MIB]).toEqual([true, true]);
    const rest = await carve([path], { state });
    expect([rest.stopped, lookedAt(rest)]).toEqual([false, 100 * MIB - Number(begun?.doneBytes)]);
    expect(rest.vdevs.map(({ offsetBytes }) => offsetBytes)).toEqual([`${20 * MIB}`]);
    const again = await carve([path], { state });
    expect(again.sources[0]?.readBytes).toBe('0');
    expect(again.vdevs).toEqual(rest.vdevs);
  });

  it('is kept, with what was found, where it is stopped behind the first labels of a vdev', async () => {
    const path = write('first.img', 100 * MIB, [{ at: 1 * MIB, bytes: single }]);
    const state = join(room, 'first.state');
    const stop = new AbortController();
    const part = await carve([path], { state, signal: stop.signal, progress: () => stop.abort() });
    expect([part.stopped, part.vdevs.map(({ offsetBytes }) => offsetBytes)]).toEqual([true, [`${1 * MIB}`]]);
    const rest = await carve([path], { state });
    expect([lookedAt(rest), rest.vdevs.length]).toEqual([100 * MIB - Number(part.sources[0]?.doneBytes), 1]);
  });

  it('is refused where it is of another disk, is none, or would be written over a source', async () => {
    const path = write('other.img', 65 * MIB, [{ at: 0, bytes: single }]);
    const state = join(room, 'other.state');
    await carve([path], { state });
    writeFileSync(path, new Uint8Array(65 * MIB));
    await expect(carve([path], { state })).rejects.toThrow(UsageError);
    const note = join(room, 'note.txt');
    for (const text of ['not a state', '{"schema":"zfs-uber/carve-state/1","disks":[{"path":1}]}', '[]', '{']) {
      writeFileSync(note, text);
      await expect(carve([path], { state: note })).rejects.toThrow('is no state of carve');
      expect(readFileSync(note, 'utf8')).toBe(text);
    }
    const before = readFileSync(path);
    await expect(carve([path], { state: path })).rejects.toThrow('which is only read');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(join(room, `.other.state.${process.pid}.part`))).toBe(false);
  });
});
