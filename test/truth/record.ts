import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** What was asked of one pool; its seed and kind make it again. */
export interface Asked {
  /** The release whose code answered. */
  readonly zfs: string;
  readonly seed: number;
  /** LAYOUT/HISTORY/DAMAGE. */
  readonly kind: string;
  /** As asked for: `--txgs`. */
  readonly txgsWanted: number;
  /** Its txgs that were asked, each read-only and read-write: pairs of a pool and a txg. */
  readonly txgs: number;
  /** Imports asked: of those txgs, plain ones, those with -F and the ways out. */
  readonly answers: number;
  readonly contradictions: number;
}

const COLUMNS = ['zfs', 'seed', 'kind', 'txgsWanted', 'txgs', 'answers', 'contradictions'] as const;

/** @returns nothing where there is no such file yet */
export function readRecord(path: string): Asked[] {
  if (!existsSync(path)) return [];
  const [, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [zfs = '', seed, kind = '', txgsWanted, txgs, answers, contradictions] = line.split('\t');
    return {
      zfs,
      seed: Number(seed),
      kind,
      txgsWanted: Number(txgsWanted),
      txgs: Number(txgs),
      answers: Number(answers),
      contradictions: Number(contradictions),
    };
  });
}

/** Adds to the record at `path`; a pool that was asked again stands for itself as it was before. */
export function addToRecord(path: string, asked: readonly Asked[]): Asked[] {
  const pools = new Map([...readRecord(path), ...asked].map((each) => [`${each.zfs} ${each.seed} ${each.kind}`, each]));
  const all = [...pools.values()].sort((a, b) => a.zfs.localeCompare(b.zfs) || a.seed - b.seed);
  const lines = all.map((each) => COLUMNS.map((column) => each[column]).join('\t'));
  writeFileSync(path, `${[COLUMNS.join('\t'), ...lines].join('\n')}\n`);
  return all;
}

/** A pool counts for its layout, and for each history and damage that it is made of. */
function partsOf(kind: string): string[] {
  const [layout, history = '', damage = ''] = kind.split('/');
  const each = (part: string, joined: string) => [...new Set(joined.split('+'))].map((name) => `${part} | ${name}`);
  return [`layout | ${layout}`, ...each('history', history), ...each('damage', damage)];
}

/** Rows of Markdown: by kind, each release as a whole, and all. */
export function tableOf(asked: readonly Asked[]): string[] {
  const rows = new Map<string, Asked[]>();
  for (const each of asked) {
    for (const part of [...partsOf(each.kind), `all | asked of ${each.zfs}`, 'all | in all'])
      rows.set(part, [...(rows.get(part) ?? []), each]);
  }
  const sum = (of: readonly Asked[], column: 'txgs' | 'answers' | 'contradictions') =>
    of.reduce((total, each) => total + each[column], 0);
  const byPart = [...rows].sort(
    ([a], [b]) => Number(a.startsWith('all')) - Number(b.startsWith('all')) || (a < b ? -1 : 1),
  );
  return [
    '| of | name | pools | txgs | answers | contradictions |',
    '| --- | --- | --- | --- | --- | --- |',
    ...byPart.map(
      ([part, of]) =>
        `| ${part} | ${of.length} | ${sum(of, 'txgs')} | ${sum(of, 'answers')} | ${sum(of, 'contradictions')} |`,
    ),
  ];
}

const TABLE = /(<!-- table of npm run truth -->\n)[\s\S]*?(<!-- end of it -->)/;

/**
 * Puts the table where `document` has its marks.
 *
 * @throws Error for a document without them
 */
export function withTable(document: string, table: readonly string[]): string {
  if (!TABLE.test(document)) throw new Error('no marks for the table of npm run truth');
  return document.replace(TABLE, (_, begin: string, end: string) => `${begin}\n${table.join('\n')}\n\n${end}`);
}
