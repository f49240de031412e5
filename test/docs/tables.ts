import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ASSERTED,
  CLONES_ASSERTED,
  CLONES_FREED,
  CLONES_HELD,
  type Danger,
  POINTERS_HALT,
} from '../../src/load/hazard.ts';
import { FINDING_CODES, type FindingCode } from '../../src/rewind/findings/codes.ts';
import { ERROR_MEANINGS, type ErrorMeaning } from '../../src/words/meanings/errors.ts';
import { FINDING_MEANINGS } from '../../src/words/meanings/findings.ts';
import { type DangerName, HAZARD_MEANINGS } from '../../src/words/meanings/hazards.ts';
import { MESSAGE_MEANINGS } from '../../src/words/meanings/messages.ts';
import { STATUS_MEANINGS } from '../../src/words/meanings/statuses.ts';

// Tables that stand in a page written by hand, made of what the code means by its codes.

const ROOT = join(import.meta.dirname, '..', '..');

type Row = readonly string[];

const keysOf = <Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] => Object.keys(record) as Key[];

const coded = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

const findingRows = (): Row[] =>
  keysOf<FindingCode>(FINDING_MEANINGS).map((code) => {
    const { says, todo } = FINDING_MEANINGS[code];
    return [coded([code]), FINDING_CODES[code].join(', '), says, todo];
  });

const DANGERS: Readonly<Record<DangerName, Danger>> = {
  ASSERTED,
  POINTERS_HALT,
  CLONES_HELD,
  CLONES_ASSERTED,
  CLONES_FREED,
};

const hazardRows = (): Row[] =>
  keysOf<DangerName>(HAZARD_MEANINGS).flatMap((name) => {
    const { kind, certain, rule, releases } = DANGERS[name];
    return HAZARD_MEANINGS[name].map(({ meets, steps }) => [
      ...[meets, coded(steps), certain ? kind : `${kind}, not certain`],
      rule === undefined ? 'all' : releases,
    ]);
  });

const errorRows = (): Row[] =>
  Object.entries<ErrorMeaning<string>>(ERROR_MEANINGS).map(([name, { says, codes, others }]) => {
    const own = Object.entries(codes).map(([code, more]) => `${coded([code])}${more === null ? '' : ` (${more})`}`);
    return [coded([name]), `${others === undefined ? '' : `${others}, or `}${own.join(', ')}`, says];
  });

/** By page: which table of it is made, of what. */
const TABLES: readonly {
  readonly page: string;
  readonly of: string;
  readonly head: Row;
  readonly rows: () => Row[];
}[] = [
  {
    page: 'docs/findings.md',
    of: 'src/words/meanings/findings.ts',
    head: ['code', 'severity', 'says', 'what to do'],
    rows: findingRows,
  },
  {
    page: 'docs/hazards.md',
    of: 'src/words/meanings/hazards.ts',
    head: ['what does not read', 'step of the load', 'kind', 'releases'],
    rows: hazardRows,
  },
  {
    page: 'docs/exit-status.md',
    of: 'src/words/meanings/statuses.ts',
    head: ['status', 'says'],
    rows: () => Object.entries(STATUS_MEANINGS).map(([status, { says }]) => [status, says]),
  },
  {
    page: 'docs/explain.md',
    of: 'src/words/meanings/messages.ts',
    head: ['message', 'means', 'what to do'],
    rows: () => MESSAGE_MEANINGS.map(({ code, says, todo }) => [coded([code]), says, todo]),
  },
  {
    page: 'docs/errors.md',
    of: 'src/words/meanings/errors.ts',
    head: ['class', 'code', 'says'],
    rows: errorRows,
  },
];

const END = '<!-- End of what is made. -->';

/** The pages as they stand, with their tables made anew between two comments. */
export function pagesWithTables(): [path: string, content: string][] {
  return TABLES.map(({ page, of, head, rows }) => {
    const begin = `<!-- Made by \`npm run docs\` of ${of}: do not edit. -->`;
    const [before, rest, ...more] = readFileSync(join(ROOT, page), 'utf8').split(begin);
    const [, after, ...others] = rest?.split(END) ?? [];
    if (before === undefined || after === undefined || more.length + others.length > 0) {
      throw new Error(`${page} has no place for one table, between ${begin} and ${END}`);
    }
    const lines = [head, head.map(() => '---'), ...rows()].map((row) => `| ${row.join(' | ')} |`);
    return [page, `${before}${begin}\n\n${lines.join('\n')}\n\n${END}${after}`];
  });
}
