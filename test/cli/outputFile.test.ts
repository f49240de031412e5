import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LogLine } from '../../src/document/logLine.ts';
import { built, COMMAND } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';

let image = '';
beforeAll(async () => {
  await built();
  [image = ''] = await poolImages(pool('torn-sector'));
});

const newFolder = () => mkdtempSync(join(tmpdir(), 'zfs-uber-output-'));
const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
};

describe('--output', () => {
  it.each([
    ['labels'],
    ['scan', '--depth', 'mos', '--json'],
    ['scan', '--depth', 'mos', '--json-lines'],
    ['history', '--json'],
  ])('has in the file what %s would print, and prints nothing', (...command) => {
    const file = join(newFolder(), 'report');
    const there = run(...command, '-o', file, image);
    const here = run(...command, image);
    expect(there).toEqual({ status: here.status, stdout: '', stderr: here.stderr });
    // Candidates come as they are judged: which first, is up to the disk.
    const lines = (text: string) => text.split('\n').sort();
    expect(lines(readFileSync(file, 'utf8'))).toEqual(lines(here.stdout));
  });

  it('leaves what is there, and leaves nothing where it fails', () => {
    const folder = newFolder();
    const file = join(folder, 'report');
    writeFileSync(file, 'mine');
    expect(run('labels', '--output', file, image)).toMatchObject({ status: 2, stdout: '' });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(run('verify', '--txg', '1', '--output', join(folder, 'other'), image).status).toBe(2);
    expect(run('labels', '--output', join(folder, 'none', 'x'), image).status).toBe(4);
    expect(readdirSync(folder)).toEqual(['report']);
  });

  it('is refused on a source and in a folder of sources', () => {
    const folder = newFolder();
    const copy = join(folder, 'd0.img');
    copyFileSync(image, copy);
    expect(run('labels', '--output', copy, copy).stderr).toContain('is only read');
    expect(run('labels', '--output', join(folder, 'report'), folder).stderr).toContain('is only read');
    expect(readFileSync(copy).equals(readFileSync(image))).toBe(true);
    expect(existsSync(join(folder, 'report'))).toBe(false);
  });
});

describe('every option that writes', () => {
  it.each([
    ['labels', '--output'],
    ['labels', '--log'],
    ['scan', '--html'],
    ['scan', '--write-map'],
    ['carve', '--state'],
    ['bundle', '--output'],
    ['overlay', '--output'],
  ])('%s %s is refused on a source and on what an image is made of, and changes neither', (command, option) => {
    const folder = newFolder();
    const [parent, child] = [join(folder, 'parent.img'), join(folder, 'child.vmdk')];
    copyFileSync(image, parent);
    const descriptor = '# Disk DescriptorFile\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\n';
    writeFileSync(child, `${descriptor}RW 131072 FLAT "parent.img" 0\n`);
    const hard = join(folder, 'hard');
    linkSync(parent, hard);
    for (const [file, source] of [
      [hard, parent],
      [parent, child],
    ] as const) {
      const { status, stderr } = run(command, option, file, source);
      expect([status, stderr], `${file} ${source}`).toEqual([2, expect.stringMatching(/only read|is there|no folder/)]);
    }
    expect(readFileSync(parent).equals(readFileSync(image))).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['child.vmdk', 'hard', 'parent.img']);
  });
});

describe('--log', () => {
  it('is appended to no file that is none', () => {
    const file = join(newFolder(), 'mine');
    writeFileSync(file, 'mine');
    expect(run('labels', '--log', file, image)).toMatchObject({ status: 2, stdout: '' });
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('has the digest of what was printed, and the status', () => {
    const file = join(newFolder(), 'log');
    const { status, stdout } = run('labels', '--log', file, image);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(lines[0] ?? '') as LogLine).toMatchObject({
      entry: { event: 'begin', commandLine: ['labels', '--log', file, image] },
    });
    const outputSha256 = createHash('sha256').update(stdout).digest('hex');
    expect(JSON.parse(lines.at(-1) ?? '') as LogLine).toMatchObject({ entry: { event: 'end', status, outputSha256 } });
  });

  it('that cannot be written is said, with status 4', () => {
    const { status, stderr } = run('labels', '--log', join(newFolder(), 'none', 'x'), image);
    expect([status, stderr]).toEqual([4, expect.stringContaining('the log could not be written')]);
  });

  it.skipIf(!existsSync('/dev/full'))('makes no difference to what is printed', () => {
    expect(run('labels', '--log', join(newFolder(), 'log'), image).stdout).toBe(run('labels', image).stdout);
  });
});
