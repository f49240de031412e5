import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NvList, NvValue } from '../../src/format/nvlist.ts';

/** One uberblock as `zdb -lu` lists it: by its magic alone. */
export interface ZdbUberblock {
  readonly txg: string;
  readonly timestamp: string;
  readonly guidSum: string;
  readonly labels: readonly number[];
}

/** What `zdb -lu` says of one device. */
export interface ZdbAnswer {
  /** One a distinct config, with the labels that hold it; keys as `renderNvlist` makes them. */
  readonly configs: readonly {
    readonly labels: readonly number[];
    readonly config: Readonly<Record<string, string>>;
  }[];
  readonly uberblocks: readonly ZdbUberblock[];
}

export const ZDB = ['/usr/sbin/zdb', '/sbin/zdb', '/usr/local/sbin/zdb'].find((path) => existsSync(path)) ?? null;

/** Runs the real zdb. @throws Error when it says nothing */
export function askZdb(zdb: string, image: string): Promise<ZdbAnswer> {
  return new Promise((resolve, reject) => {
    // Its status is not 0 as soon as one label fails, which many of these do.
    execFile(zdb, ['-lu', image], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout) => {
      if (stdout === '') reject(error ?? new Error(`${zdb} -lu ${image} printed nothing`));
      else resolve(parseZdb(stdout));
    });
  });
}

/** Keeps answers beside the pool for machines without zdb. */
export const recordedPath = (dir: string): string => join(dir, 'zdb.answers.json');

export function readRecorded(dir: string): Readonly<Record<string, ZdbAnswer>> | null {
  const path = recordedPath(dir);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, ZdbAnswer>) : null;
}

export function record(dir: string, answers: Readonly<Record<string, ZdbAnswer>>): void {
  writeFileSync(recordedPath(dir), `${JSON.stringify(answers, null, 1)}\n`);
}

const numbers = (text: string): number[] => text.trim().split(/\s+/).filter(Boolean).map(Number);

export function parseZdb(text: string): ZdbAnswer {
  const configs: { labels: number[]; config: Record<string, string> }[] = [];
  const uberblocks: ZdbUberblock[] = [];
  let config: Record<string, string> = {};
  let uberblock: Record<string, string> | null = null;
  const path: string[] = [];
  for (const line of text.split('\n')) {
    const field = /^\t(\w+) = (\S+)/.exec(line);
    if (field !== null) {
      if (uberblock !== null) uberblock[field[1] ?? ''] = field[2] ?? '';
      continue;
    }
    if (line.startsWith('    Uberblock[')) {
      uberblock = {};
      continue;
    }
    const labels = /^ +labels = ([\d ]*)$/.exec(line);
    if (labels !== null) {
      const list = numbers(labels[1] ?? '');
      const { txg = '', timestamp = '', guid_sum: guidSum = '' } = uberblock ?? {};
      if (uberblock === null) configs.push({ labels: list, config });
      else uberblocks.push({ txg, timestamp, guidSum, labels: list });
      config = {};
      uberblock = null;
      continue;
    }
    const pair = /^( {4,})(.*)$/.exec(line);
    if (pair === null) continue;
    const depth = (pair[1] ?? '').length / 4 - 1;
    const [, name = '', value] = /^(.*?)(?:: (.*)|:)?$/.exec(pair[2] ?? '') ?? [];
    path.length = depth;
    path.push(name);
    if (value !== undefined) config[path.join(' > ')] = value;
    else if (!(pair[2] ?? '').endsWith(':')) config[path.join(' > ')] = 'true';
  }
  return { configs, uberblocks };
}

/** An nvlist as zdb's lines would be parsed: one entry a value, its path as key. */
export function renderNvlist(list: NvList, path: readonly string[] = []): Record<string, string> {
  const out: Record<string, string> = {};
  const put = (name: string, value: NvValue) => {
    const here = [...path, name];
    if (typeof value === 'object' && 'pairs' in value) Object.assign(out, renderNvlist(value, here));
    else out[here.join(' > ')] = typeof value === 'string' ? `'${value}'` : String(value);
  };
  for (const { name, value } of list.pairs) {
    if (Array.isArray(value) || value instanceof Uint8Array) {
      for (const [i, each] of (value as readonly NvValue[]).entries()) put(`${name}[${i}]`, each);
    } else put(name, value);
  }
  return out;
}
