// The contract of `scan --json`, written out by hand: names, types and what the values have to do with each other.

type Check = (value: unknown, path: string, trouble: string[]) => void;

const say = (trouble: string[], path: string, expected: string, value: unknown) => {
  const found = JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each)) ?? 'undefined';
  trouble.push(`${path}: expected ${expected}, found ${found.slice(0, 120)}`);
};

const test =
  (expected: string, holds: (value: unknown) => boolean): Check =>
  (value, path, trouble) => {
    if (!holds(value)) say(trouble, path, expected, value);
  };

const text = test('text', (value) => typeof value === 'string');
const flag = test('true or false', (value) => typeof value === 'boolean');
/** Counts, indexes, seconds, sizes of blocks: JSON numbers that are exact. */
const count = test('a whole number from 0', (value) => Number.isSafeInteger(value) && (value as number) >= 0);
/** 64-bit quantities: decimal text. */
const u64 = test('a 64-bit number as decimal text', (value) =>
  typeof value === 'string' && /^(0|[1-9][0-9]{0,19})$/.test(value) && BigInt(value) < 2n ** 64n);

/** Where a DVA lies: 63 bits of sectors, which in bytes pass 2^64 when they are forged. */
const bytes = test('decimal text', (value) => typeof value === 'string' && /^(0|[1-9][0-9]{0,21})$/.test(value));

const oneOf = (...words: readonly string[]): Check =>
  test(words.join(' | '), (value) => words.includes(value as string));
const orNull =
  (check: Check): Check =>
  (value, path, trouble) => {
    if (value !== null) check(value, path, trouble);
  };
const optional =
  (check: Check): Check =>
  (value, path, trouble) => {
    if (value !== undefined) check(value, path, trouble);
  };
const listOf =
  (check: Check): Check =>
  (value, path, trouble) => {
    if (!Array.isArray(value)) say(trouble, path, 'a list', value);
    else for (const [i, each] of value.entries()) check(each, `${path}[${i}]`, trouble);
  };
/** Additions are free: names that are not listed are not looked at. */
const object =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, path, trouble) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) say(trouble, path, 'an object', value);
    else
      for (const [name, check] of Object.entries(fields)) check(Reflect.get(value, name), `${path}.${name}`, trouble);
  };

const error = object({ code: text, message: text });
const command = listOf(text);

const label = object({
  index: count,
  offsetBytes: u64,
  status: oneOf('ok', 'bad-checksum', 'empty', 'malformed', 'unreadable', 'absent'),
  txg: orNull(u64),
  poolGuid: orNull(u64),
  vdevGuid: orNull(u64),
  topGuid: orNull(u64),
  poolState: orNull(text),
  ring: orNull(object({ slotSizeBytes: count, valid: count, badChecksum: count, empty: count, unreadable: count })),
});

const uberblock = object({
  txg: u64,
  timestamp: count,
  guidSum: u64,
  version: u64,
  slot: count,
  labels: listOf(count),
  byteOrder: oneOf('little', 'big'),
  checkpointTxg: u64,
  mmp: orNull(object({ sequence: orNull(count), intervalMs: orNull(count), failIntervals: orNull(count) })),
  rootBlockPointer: object({
    dvas: listOf(object({ vdev: count, offset: bytes, asize: u64, gang: flag })),
    checksum: text,
    compression: text,
    birthTxg: u64,
    lsize: count,
    psize: count,
  }),
});

const source = object({
  path: text,
  kind: oneOf('raw', 'block', 'gpt', 'mbr', 'slice', 'qcow2', 'vmdk', 'vdi', 'vhdx', 'bundle'),
  sizeBytes: u64,
  offsetBytes: test('a byte offset as decimal text', (value) => /^-?(0|[1-9][0-9]*)$/.test(String(value))),
  error: orNull(error),
  labels: listOf(label),
  uberblocks: listOf(uberblock),
});

const finding = object({
  code: test('a code in kebab-case', (value) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(String(value))),
  severity: oneOf('info', 'warning', 'error'),
  message: text,
  sources: optional(listOf(count)),
});

const vdev: Check = (value, path, trouble) =>
  object({ type: text, guid: u64, path: orNull(text), source: orNull(count), children: listOf(vdev) })(
    value,
    path,
    trouble,
  );

const VERDICTS = ['importable', 'readonly', 'damaged', 'incomplete', 'unverified'] as const;

const candidate = object({
  rank: count,
  txg: u64,
  timestamp: count,
  lossSeconds: count,
  copies: count,
  verdict: oneOf(...VERDICTS),
  metadataErrors: orNull(count),
  dataErrors: orNull(count),
  blocksChecked: count,
  reasons: listOf(text),
  hazards: listOf(object({ kind: oneOf('panic', 'hang'), message: text, releases: text, certain: flag })),
  commandReadOnly: command,
  commandReadWrite: command,
  checkpoint: optional(object({ heldBy: u64 })),
});

const recommendation = object({
  txg: u64,
  lossSeconds: count,
  why: text,
  whyData: object({ kind: oneOf('newest', 'newest-asked-for', 'newest-fitting', 'checkpoint') }),
  commandReadOnly: command,
  commandReadWrite: command,
  alternatives: listOf(object({ txg: u64, why: text, whyData: object({ kind: text }) })),
  cautions: listOf(text),
  cautionData: listOf(object({ kind: text })),
});

const wayOut = object({
  kind: oneOf('missing-tops', 'unverified', 'other-devices', 'repaired-labels', 'edited-labels'),
  txg: u64,
  parameters: listOf(object({ name: text, value: u64 })),
  onFreeBsd: listOf(text),
  commandReadOnly: command,
  commandReadWrite: command,
  risks: listOf(oneOf('lost-blocks', 'damage-unseen', 'later-state-lost')),
  tops: listOf(text),
});

const version = object({
  releases: listOf(text),
  change: oneOf('takes', 'refuses', 'reads', 'writes', 'counts', 'endangers', 'spares'),
  txgs: listOf(u64),
  all: flag,
  reason: orNull(text),
  features: optional(listOf(text)),
  errors: optional(listOf(object({ metadata: orNull(count), data: orNull(count) }))),
  message: text,
});

const pool = object({
  name: orNull(text),
  guid: u64,
  state: oneOf('active', 'exported', 'destroyed'),
  version: orNull(u64),
  hostname: orNull(text),
  hostid: orNull(u64),
  sources: listOf(count),
  vdevs: orNull(vdev),
  missing: listOf(object({ guid: u64, type: text, path: orNull(text), role: text })),
  guidSum: object({ expected: orNull(u64), found: u64, ok: flag }),
  findings: listOf(finding),
  candidates: listOf(candidate),
  recommendation: orNull(recommendation),
  waysOut: optional(listOf(wayOut)),
  versions: optional(listOf(version)),
});

const document = object({
  schema: oneOf('zfs-uber/scan/1'),
  tool: object({ name: oneOf('zfs-uber'), version: text, native: flag }),
  judgedAs: text,
  depth: oneOf('labels', 'mos', 'meta', 'data'),
  sources: listOf(source),
  pools: listOf(pool),
  findings: optional(listOf(finding)),
});

/** Parts of a document that the relations below are about; the shape has been checked before. */
interface Shaped {
  readonly sources: readonly {
    readonly error: unknown;
    readonly labels: readonly { readonly index: number }[];
    readonly uberblocks: readonly { readonly txg: string; readonly labels: readonly number[] }[];
  }[];
  readonly pools: readonly {
    readonly sources: readonly number[];
    readonly findings: readonly { readonly sources?: readonly number[] }[];
    readonly vdevs: ShapedVdev | null;
    readonly candidates: readonly ShapedCandidate[];
    readonly recommendation: { readonly txg: string; readonly commandReadOnly: readonly string[] } | null;
  }[];
}
interface ShapedVdev {
  readonly source: number | null;
  readonly children: readonly ShapedVdev[];
}
interface ShapedCandidate {
  readonly rank: number;
  readonly txg: string;
  readonly verdict: (typeof VERDICTS)[number];
  readonly commandReadOnly: readonly string[];
  readonly commandReadWrite: readonly string[];
  readonly checkpoint?: { readonly heldBy: string };
}

/**
 * Everything in which a document differs from the contract, in words; empty when nothing does.
 *
 * @param value as parsed, or as `scan` of the library returns it
 */
export function contractTroubles(value: unknown): string[] {
  const trouble: string[] = [];
  document(value, 'document', trouble);
  if (trouble.length > 0) return trouble;
  const { sources, pools } = value as Shaped;
  for (const [i, { labels, uberblocks }] of sources.entries()) {
    if (labels.map(({ index }) => index).join() !== '0,1,2,3') trouble.push(`sources[${i}].labels: not 0 to 3`);
    for (const [u, { txg, labels: carriers }] of uberblocks.entries()) {
      const next = uberblocks[u + 1];
      if (next !== undefined && BigInt(next.txg) > BigInt(txg)) {
        trouble.push(`sources[${i}].uberblocks[${u + 1}] is newer than the one before it`);
      }
      if (carriers.length === 0 || carriers.some((index) => index > 3)) {
        trouble.push(`sources[${i}].uberblocks[${u}].labels: ${carriers}`);
      }
    }
  }
  const isSource = (index: number) => index < sources.length;
  for (const [p, each] of pools.entries()) {
    const indexes = [...each.sources, ...each.findings.flatMap((found) => found.sources ?? []), ...leaves(each.vdevs)];
    if (!indexes.every(isSource)) trouble.push(`pools[${p}]: an index that is no source: ${indexes}`);
    trouble.push(...candidateTroubles(each.candidates).map((text) => `pools[${p}].candidates: ${text}`));
    trouble.push(...recommendationTroubles(each).map((text) => `pools[${p}].recommendation: ${text}`));
  }
  return trouble;
}

function leaves(root: ShapedVdev | null): number[] {
  const found: number[] = [];
  const open = root === null ? [] : [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.source !== null) found.push(node.source);
    open.push(...node.children);
  }
  return found;
}

function candidateTroubles(candidates: readonly ShapedCandidate[]): string[] {
  const trouble: string[] = [];
  for (const [i, { rank, txg, commandReadOnly, commandReadWrite, checkpoint }] of candidates.entries()) {
    if (rank !== i + 1) trouble.push(`rank ${rank} at place ${i + 1}`);
    if (checkpoint !== undefined) {
      // docs/checkpoint.md: from the newest txg or from the one that holds it, and read-write only where that leads there.
      for (const words of [commandReadOnly, commandReadWrite]) {
        const at = words.indexOf('-T');
        const led = words.includes('--rewind-to-checkpoint') && (at < 0 || words[at + 1] === checkpoint.heldBy);
        if (words.length > 0 && !led) trouble.push(`the checkpoint: ${words.join(' ')}`);
      }
      if (commandReadOnly.length === 0) trouble.push('the checkpoint has no command');
      continue;
    }
    for (const words of [commandReadOnly, commandReadWrite]) {
      // A candidate that no choice of devices leads to has no command.
      if (words.length === 0) continue;
      const at = words.indexOf('-T');
      if (words[0] !== 'zpool' || words[1] !== 'import' || at < 0 || words[at + 1] !== txg || words[at - 1] !== '-F') {
        trouble.push(`txg ${txg}: ${words.join(' ')}`);
      }
    }
    const readOnly = commandReadOnly.indexOf('readonly=on');
    const without = commandReadOnly.filter((_, n) => n !== readOnly && n !== readOnly - 1);
    if (commandReadOnly.length > 0 && (readOnly < 0 || without.join(' ') !== commandReadWrite.join(' '))) {
      trouble.push(`txg ${txg}: the commands differ in more than -o readonly=on`);
    }
  }
  return trouble;
}

function recommendationTroubles({ candidates, recommendation }: Shaped['pools'][number]): string[] {
  // The checkpoint comes after all that the rings hold: going back to it gives up most.
  const rings = candidates.filter(({ checkpoint }) => checkpoint === undefined);
  const newest = (verdict: string): bigint | null => {
    const txgs = rings.filter((each) => each.verdict === verdict).map(({ txg }) => BigInt(txg));
    return txgs.reduce<bigint | null>((most, txg) => (most === null || txg > most ? txg : most), null);
  };
  const best = newest('importable') ?? newest('readonly');
  if (best === null) return [];
  return recommendation?.txg === `${best}` ? [] : [`${recommendation?.txg}, and the newest that imports is ${best}`];
}
