import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLog } from '../../src/api/evidenceLog.ts';
import { scan } from '../../src/api/scan.ts';
import { verify } from '../../src/api/verify.ts';
import type { LogLine } from '../../src/document/logLine.ts';
import { httpServer } from '../tools/httpServer.ts';
import { pool, poolImages } from '../tools/images.ts';
import { schemaTroubles } from '../tools/schemaTroubles.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'zfs-uber-log-'));
const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('the evidence log', () => {
  const logged = async () => {
    const file = join(newFolder(), 'case.jsonl');
    const images = await poolImages(pool('torn-sector'));
    const log = openLog(file, { sources: images });
    const document = await scan(images);
    log.decided(document);
    log.decided(await verify(images, BigInt(document.pools[0]?.recommendation?.txg ?? 0), { depth: 'meta' }));
    log.printed('ab');
    log.printed(new TextEncoder().encode('c'));
    log.end(0);
    return { file, images, document, lines: linesOf(file).map((line) => JSON.parse(line) as LogLine) };
  };

  it('has each open and each read with the digest of what stands there, and each line the digest of the one before', async () => {
    const { file, images, lines } = await logged();
    expect(lines.flatMap(schemaTroubles)).toEqual([]);
    const bytes = readFileSync(images[0] ?? '');
    const entries = lines.map(({ entry }) => entry);
    const reads = entries.flatMap((entry) => (entry.event === 'read' ? [entry] : []));
    expect(reads.length).toBeGreaterThan(10);
    for (const { offsetBytes, readBytes, sha256: digest } of reads) {
      expect(digest).toBe(sha256(bytes.subarray(Number(offsetBytes), Number(offsetBytes) + readBytes)));
    }
    expect(entries.find(({ event }) => event === 'open')).toMatchObject({
      path: images[0],
      sizeBytes: `${bytes.length}`,
    });
    const texts = linesOf(file);
    for (const [at, { previous, sequence }] of lines.entries()) {
      expect(sequence).toBe(at);
      expect(previous).toBe(at === 0 ? null : sha256(texts[at - 1] ?? ''));
    }
  });

  it('has every verdict, finding and recommendation, and what was printed', async () => {
    const { document, lines } = await logged();
    const entries = lines.map(({ entry }) => entry);
    const [tank] = document.pools;
    const verdicts = entries.flatMap((entry) => (entry.event === 'verdict' ? [entry] : []));
    expect(verdicts.slice(0, -1).map(({ txg, verdict }) => [txg, verdict])).toEqual(
      tank?.candidates.map(({ txg, verdict }) => [txg, verdict]),
    );
    expect(verdicts.at(-1)).toMatchObject({ txg: tank?.recommendation?.txg, verdict: 'importable', failsAt: null });
    expect(entries.filter(({ event }) => event === 'finding')).toHaveLength(tank?.findings.length ?? 0);
    expect(entries).toContainEqual(expect.objectContaining({ event: 'recommend', txg: tank?.recommendation?.txg }));
    expect(entries.at(-1)).toMatchObject({ event: 'end', status: 0, outputBytes: 3, outputSha256: sha256('abc') });
  });

  it('has what comes over a network, by an address without its secrets', async () => {
    const [image = ''] = await poolImages(pool('torn-sector'));
    const disk = readFileSync(image);
    const server = await httpServer({ '/d0.img': disk });
    const file = join(newFolder(), 'case.jsonl');
    try {
      const log = openLog(file);
      await scan([`${server.address('/d0.img')}?token=hunter2`], { depth: 'labels' });
      log.end();
    } finally {
      await server.close();
    }
    expect(readFileSync(file, 'utf8')).not.toContain('hunter2');
    const entries = linesOf(file).map((line) => (JSON.parse(line) as LogLine).entry);
    expect(entries).toContainEqual(
      expect.objectContaining({ event: 'open', identity: 'network', sizeBytes: `${disk.length}` }),
    );
    const reads = entries.flatMap((entry) => (entry.event === 'read' ? [entry] : []));
    expect(reads.length).toBeGreaterThan(1);
    for (const { offsetBytes, readBytes, sha256: digest } of reads) {
      expect(digest).toBe(sha256(disk.subarray(Number(offsetBytes), Number(offsetBytes) + readBytes)));
    }
  });

  it('is only appended to, and nobody listens behind its end', async () => {
    const { file, images } = await logged();
    const before = readFileSync(file, 'utf8');
    await scan(images, { depth: 'labels' });
    expect(readFileSync(file, 'utf8')).toBe(before);
    openLog(file).end();
    const after = readFileSync(file, 'utf8');
    expect(after.startsWith(before)).toBe(true);
    const [begin, end] = linesOf(file)
      .slice(-2)
      .map((line) => JSON.parse(line) as LogLine);
    expect(begin).toMatchObject({ sequence: 0, previous: null, entry: { event: 'begin' } });
    expect(end).toMatchObject({
      entry: { event: 'end', status: null, outputBytes: 0, outputSha256: null },
    });
  });

  it('never lies on a source, in a folder of sources, or behind a link', async () => {
    const [image = ''] = await poolImages(pool('torn-sector'));
    const folder = newFolder();
    const bytes = readFileSync(image);
    expect(() => openLog(image, { sources: [image] })).toThrow('is only read');
    expect(() => openLog(image, { sources: [`${image}@0`] })).toThrow('is only read');
    expect(() => openLog(join(folder, 'log'), { sources: [folder] })).toThrow('is only read');
    symlinkSync(image, join(folder, 'link'));
    expect(() => openLog(join(folder, 'link'), { sources: [image] })).toThrow('is only read');
    expect(() => openLog(join(folder, 'link'))).toThrow('the log could not be written');
    expect(() => openLog(folder)).toThrow('the log could not be written');
    expect(readFileSync(image).equals(bytes)).toBe(true);
  });

  it('is not one where the path is a device', () => {
    expect(() => openLog('/dev/null')).toThrow('is no regular file');
  });

  it('keeps a line a line, whatever a name is', () => {
    const file = join(newFolder(), 'log');
    openLog(file, { commandLine: ['a\nb\u2028\x1b[2J'] }).end();
    expect(linesOf(file)).toHaveLength(2);
    expect(readFileSync(file, 'utf8').replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028]/u);
  });
});
