import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** One object as `zdb -ddddd` lists it. */
export interface ZdbObject {
  readonly id: string;
  /** `levels, indirect block size, block size, used bytes, dnode size, length`, in bytes, and the type. */
  readonly row: string;
  /** Block pointers from the top, each before those below it: `4000 L0 0:2ee000:1000 4000L/1000P F=32 B=79/79`. */
  readonly tree: readonly string[];
  /** `path`, `parent`, `size` and others, of a file. */
  readonly file: ReadonlyMap<string, string>;
  /** Lines `name = value` under it: of a ZAP its entries. */
  readonly values: ReadonlyMap<string, string>;
}

export interface ZdbDataset {
  /** `tank/a@s, ID 5, cr_txg 7, 98304, 6 objects`. */
  readonly title: string;
  readonly objects: ReadonlyMap<string, ZdbObject>;
  /** `mintxg 0 -> obj 146`. */
  readonly deadlist: readonly string[];
}

export interface ZdbMetaslab {
  readonly vdev: number;
  readonly index: number;
  readonly spaceMap: string;
  /** Bytes of the largest free range, without the logs: zdb leaves them out. */
  readonly largest: string;
  /** Free ranges by the power of two that their bytes reach: `12: 9`. */
  readonly histogram: readonly string[];
}

/** What zdb says of a whole pool. */
export interface ZdbPool {
  /** By path of keys joined with ` > `. */
  readonly config: ReadonlyMap<string, string>;
  readonly metaslabs: readonly ZdbMetaslab[];
  /** Bytes allocated by number of the space map's object, as its header has it. */
  readonly allocated: ReadonlyMap<string, string>;
  readonly datasets: readonly ZdbDataset[];
  readonly history: readonly string[];
}

/**
 * Asks the real zdb about a pool, at the newest uberblock or at one not above `txg`.
 *
 * @param options more options for zdb
 * @returns null when zdb cannot open it
 */
export async function askZdbPool(
  zdb: string,
  images: readonly string[],
  pool: string,
  txg: number | null,
  options: readonly string[] = [],
): Promise<ZdbPool | null> {
  const dir = mkdtempSync(join(tmpdir(), 'zfs-uber-zdb-'));
  try {
    for (const image of images) symlinkSync(image, join(dir, basename(image)));
    const ask = (what: string, of: string): Promise<string> =>
      run(zdb, [...options, '-P', '-e', '-p', dir, ...(txg === null ? [] : ['-t', String(txg)]), what, of]);
    const text = await ask('-Chdddddmmmm', pool);
    if (!text.includes('\nDataset mos')) return null;
    if (text.includes('\nHistory:')) return parse(text);
    // Of old pools zdb stops after the MOS, for it does not agree with the number of objects that they count; and it
    // stops at a log that is on a missing device. The dataset it stopped at is asked for again, as are those behind it.
    const listed = idsIn(await ask('-d', pool));
    const done = new Set(idsIn(text).slice(0, -1));
    const rest: string[] = [];
    for (const id of listed) if (id !== '0' && !done.has(id)) rest.push(await ask('-ddddd', `${pool}/${id}`));
    return parse([text, ...rest, await ask('-h', pool)].join('\n'));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const idsIn = (text: string): string[] => [...text.matchAll(/^Dataset .*?, ID (\d+), /gm)].map(([, id]) => id ?? '');

/** Of coreutils. */
const STDBUF = '/usr/bin/stdbuf';

function run(zdb: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const options = { maxBuffer: 512 * 1024 * 1024, env: { ...process.env, TZ: 'UTC' }, timeout: 60_000 };
    // What zdb has printed must not be lost when one of its assertions fails.
    execFile(STDBUF, ['-oL', zdb, ...args], options, (_error, stdout) => resolve(stdout));
  });
}

function parse(text: string): ZdbPool {
  const lines = text.split('\n');
  const sectionOf = (line: string): string | null =>
    /^(MOS Configuration|Metaslabs|Log Space Maps|Dataset|Dirty|Verified|History)/.exec(line)?.[1] ?? null;
  let section: string | null = null;
  const parts = new Map<string, string[]>();
  const datasets: string[][] = [];
  for (const line of lines) {
    section = sectionOf(line) ?? section;
    if (section === 'Dataset' && line.startsWith('Dataset ')) datasets.push([]);
    if (section === 'Dataset') datasets.at(-1)?.push(line);
    else if (section !== null) parts.set(section, [...(parts.get(section) ?? []), line]);
  }
  const metaslabLines = parts.get('Metaslabs') ?? [];
  return {
    config: parseConfig((parts.get('MOS Configuration') ?? []).slice(1)),
    metaslabs: parseMetaslabs(metaslabLines),
    allocated: parseAllocated([...metaslabLines, ...(parts.get('Log Space Maps') ?? [])]),
    datasets: datasets.map(parseDataset),
    history: (parts.get('History') ?? []).slice(1).filter((line) => /^ ?\d{4}-\d\d-\d\d\.\d\d:/.test(line)),
  };
}

/** Four spaces a level; the first level has two. A key without a value is a boolean, or a list that follows. */
function parseConfig(lines: readonly string[]): Map<string, string> {
  const config = new Map<string, string>();
  const path: string[] = [];
  for (const line of lines) {
    const match = /^( +)(.+?)(?:: (.*))?$/.exec(line.replace(/:$/, ': '));
    if (match === null) continue;
    const depth = (match[1]?.length ?? 0) / 4 - 2;
    path.length = depth;
    path.push(match[2] ?? '');
    const value = match[3] ?? 'true';
    if (value !== '') config.set(path.join(' > '), value);
  }
  return config;
}

function parseMetaslabs(lines: readonly string[]): ZdbMetaslab[] {
  const metaslabs: ZdbMetaslab[] = [];
  let vdev = -1;
  let head: { index: number; spaceMap: string } | null = null;
  let histogram: string[] | null = null;
  for (const line of lines) {
    vdev = Number(/^\tvdev +(\d+)/.exec(line)?.[1] ?? vdev);
    const start = /^\tmetaslab +(\d+) +offset +\w+ +spacemap +(\d+)/.exec(line);
    if (start !== null) head = { index: Number(start[1]), spaceMap: start[2] ?? '' };
    const largest = /^\t +segments +\d+ +maxsize +(\d+)/.exec(line)?.[1];
    if (largest !== undefined && head !== null) {
      histogram = [];
      metaslabs.push({ vdev, ...head, largest, histogram });
    }
    const bucket = /^\t\t\t +(\d+): +(\d+)/.exec(line);
    if (bucket === null && largest === undefined && !line.includes('In-memory')) histogram = null;
    if (bucket !== null && bucket[2] !== '0') histogram?.push(`${bucket[1]}: ${bucket[2]}`);
  }
  return metaslabs;
}

function parseAllocated(lines: readonly string[]): Map<string, string> {
  const allocated = new Map<string, string>();
  let object = '';
  for (const line of lines) {
    object = /^space map object (\d+):/.exec(line)?.[1] ?? object;
    const alloc = /^ {2}smp_alloc = (\w+)/.exec(line)?.[1];
    if (alloc !== undefined) allocated.set(object, String(BigInt.asIntN(64, BigInt(alloc))));
  }
  return allocated;
}

function parseDataset(lines: readonly string[]): ZdbDataset {
  const objects = new Map<string, ZdbObject>();
  let values = new Map<string, string>();
  let file = new Map<string, string>();
  let tree: string[] = [];
  for (const line of lines) {
    const pointer = /^ *([0-9a-f]+) +L([0-9a-f]+) +([0-9E].*?)(?: cksum=.*)?$/.exec(line);
    // The level is hexadecimal too. A hole with a birth has a line as well.
    if (pointer !== null && !pointer[3]?.startsWith('0:0:0 ')) {
      tree.push(`${pointer[1]} L${Number.parseInt(pointer[2] ?? '', 16)} ${pointer[3]}`);
    }
    const row = /^ +(-?\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +\d+\.\d+ {2}(.*?)(?: \([A-Z]=.*)?$/.exec(line);
    if (row !== null) {
      values = new Map();
      file = new Map();
      tree = [];
      const id = row[1] ?? '';
      objects.set(id, { id, row: row.slice(2).join(', '), file, tree, values });
      continue;
    }
    const fact = /^\t(\w+)\t(.*)$/.exec(line);
    if (fact !== null) file.set(fact[1] ?? '', fact[2] ?? '');
    const value = /^\t\t(.+?) = (.*?) *$/.exec(line);
    if (value !== null) values.set(value[1] ?? '', (value[2] ?? '').replace(/ \(type: .*\)$/, ''));
  }
  return {
    title: (lines[0] ?? '')
      .slice('Dataset '.length)
      .replace(/ \[\w+\]/, '')
      .replace(/ objects.*/, ' objects'),
    objects,
    deadlist: lines
      .slice(
        0,
        lines.findIndex((line) => line.startsWith('    Object ')),
      )
      .filter((line) => /^mintxg \d+ -> obj \d+/.test(line))
      .map((line) => line.trim()),
  };
}
