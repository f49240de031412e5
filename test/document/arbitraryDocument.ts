import fc from 'fast-check';
import { shellCommand } from '../../src/bytes/shellWord.ts';
import type { CandidateEntry } from '../../src/document/candidate.types.ts';
import type { ShellStepEntry } from '../../src/document/parts.types.ts';
import type { PoolEntry, VdevEntry } from '../../src/document/pool.types.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import type { SourceEntry } from '../../src/document/source.types.ts';
import { label, scan, source, uberblock } from './sampleDocuments.ts';

// Documents of the right shape with anything in their texts, as a hostile image could make them.

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\x1b[2J', '\u202e', 'a\nb', '\x9b', 'tank', ''));
const decimal = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const timestamp = fc.oneof(fc.nat(), fc.constantFrom(0, Number.MAX_SAFE_INTEGER, 1795252447));
const words = fc.array(text, { maxLength: 6 });
const verdict = fc.constantFrom('importable', 'readonly', 'damaged', 'incomplete', 'unverified' as const);

const candidate: fc.Arbitrary<CandidateEntry> = fc.record({
  rank: fc.nat(),
  txg: decimal,
  timestamp,
  lossSeconds: fc.integer(),
  copies: fc.nat(),
  verdict,
  metadataErrors: fc.option(fc.nat()),
  dataErrors: fc.option(fc.nat()),
  blocksChecked: fc.nat(),
  reasons: fc.array(text, { maxLength: 3 }),
  reasonData: fc.array(
    fc.record({ code: fc.constantFrom('nonsense', 'root-block'), step: fc.option(text), brief: text }),
    {
      maxLength: 3,
    },
  ),
  failsAt: fc.option(text),
  hazards: fc.array(
    fc.record({
      kind: fc.oneof(text, fc.constantFrom('panic', 'hang')),
      message: text,
      releases: text,
      certain: fc.boolean(),
      brief: text,
      writes: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
  relaxed: fc.constant(null),
  commandReadOnly: words,
  commandReadWrite: words,
  sources: fc.array(fc.nat(4), { maxLength: 4 }),
});

/** Codes that the text looks at. */
const CODES = [
  'uberblock-ahead-of-metadata',
  'history-diverged',
  'aimed-before',
  'aimed-needs',
  'offline-leg',
] as const;
const severity = fc.constantFrom('info', 'warning', 'error' as const);
const findings = fc.array(fc.record({ code: fc.constantFrom(...CODES), severity, message: text }), {
  maxLength: 13,
});

const { vdev } = fc.letrec<{ vdev: VdevEntry }>((tie) => ({
  vdev: fc.record({
    type: fc.oneof(text, fc.constantFrom('root', 'mirror', 'raidz', 'hole')),
    guid: decimal,
    id: fc.option(fc.nat()),
    role: fc.oneof(text, fc.constant('normal')),
    path: fc.option(text),
    source: fc.option(fc.nat(3)),
    state: fc.constantFrom('present', 'degraded', 'missing', 'hole' as const),
    children: fc.oneof({ depthSize: 'small' }, fc.constant([]), fc.array(tie('vdev'), { maxLength: 3 })),
  }),
}));

const line = words.map((list) => shellCommand(list));
const lines = fc.array(line, { maxLength: 3 });
const shellSteps: fc.Arbitrary<ShellStepEntry[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('copy', 'show-read-only', 'import-read-only', 'copy-out', 'remove-log', 'export' as const),
    lines: fc.array(line, { maxLength: 3 }),
  }),
  { maxLength: 4 },
);

const pool: fc.Arbitrary<PoolEntry> = fc.record({
  name: fc.option(text),
  guid: decimal,
  state: fc.constantFrom('active', 'exported', 'destroyed' as const),
  version: fc.option(decimal),
  hostname: fc.option(text),
  hostid: fc.option(decimal),
  sources: fc.array(fc.nat(4), { maxLength: 4 }),
  vdevs: fc.option(vdev),
  missing: fc.array(fc.record({ guid: decimal, type: text, path: fc.option(text), role: text }), { maxLength: 2 }),
  guidSum: fc.record({ expected: fc.option(decimal), found: decimal, ok: fc.boolean() }),
  findings,
  candidates: fc.array(candidate, { maxLength: 15 }),
  recommendation: fc.option(
    fc.record({
      txg: decimal,
      lossSeconds: fc.integer(),
      why: text,
      whyData: fc.record({
        kind: fc.constantFrom('newest' as const, 'newest-fitting' as const),
        verdict: fc.constantFrom('importable' as const, 'readonly' as const),
        passedOver: fc.constant([]),
        aim: fc.constant(null),
      }),
      commandReadOnly: words,
      commandReadWrite: words,
      steps: shellSteps,
      alternatives: fc.array(
        fc.record({
          txg: decimal,
          why: text,
          whyData: fc.constant({ kind: 'root-reads-too' as const }),
          steps: shellSteps,
        }),
        { maxLength: 2 },
      ),
      cautions: fc.array(text, { maxLength: 2 }),
      cautionData: fc.constant([]),
      cautionSteps: fc.constant([]),
      attach: lines,
      destroyedNewest: fc.array(decimal, { maxLength: 3 }),
      elsewhere: fc.record({ afterTxg: decimal, certain: fc.boolean() }),
      overlay: fc.record({
        copies: lines,
        deviceMapper: lines,
        deviceMapperLoop: fc.option(line),
        undo: line,
        qemu: lines,
        plain: lines,
        commandReadWrite: words,
      }),
    }),
  ),
});

const rings = fc
  .array(fc.constantFrom('v', 'm', 'e', 't', 'c', 'x', 'u', 'f', 'g'), { minLength: 16, maxLength: 128 })
  .map((letters) => [0, 1, 2, 3].map((index) => label(index, letters.join(''))));

const sourceEntry: fc.Arbitrary<SourceEntry> = fc
  .record({
    path: text,
    sizeBytes: decimal,
    offsetBytes: decimal,
    error: fc.option(fc.record({ code: text, message: text })),
    labels: rings,
    uberblocks: fc.array(fc.nat(200), { maxLength: 4 }).map((txgs) => txgs.map((txg) => uberblock(txg, txg % 16))),
  })
  .map(({ path, ...about }) => source(path, about));

export const documents: fc.Arbitrary<ScanDocument> = fc
  .record({
    judgedAs: fc.constantFrom('2.3'),
    depth: fc.constantFrom('labels', 'mos', 'meta', 'data' as const),
    sources: fc.array(sourceEntry, { maxLength: 4 }),
    findings,
    pools: fc.array(pool, { maxLength: 2 }),
  })
  .map(scan);
