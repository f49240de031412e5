import { shellCommand } from '../../src/bytes/shellWord.ts';
import type { CandidateEntry } from '../../src/document/candidate.types.ts';
import type { DamagedFile } from '../../src/document/damagedFiles.ts';
import type { FindingEntry, ShellStepEntry, ToolInfo } from '../../src/document/parts.types.ts';
import type { PoolEntry, VdevEntry } from '../../src/document/pool.types.ts';
import type { RecommendationEntry } from '../../src/document/recommendation.types.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import type { LabelEntry, SourceEntry, UberblockEntry } from '../../src/document/source.types.ts';

// Documents as a scan makes them, small enough to be judged by reading.

export const TOOL: ToolInfo = { name: 'zfs-uber', version: '0.1.0', native: false, engine: 'pure' };

/** 2026-11-21 09:14:07 UTC. */
export const NEWEST = 1795252447;
/** Two days after. */
export const NOW = NEWEST + 2 * 86400;

export function uberblock(txg: number, slot: number, labels: readonly number[] = [0, 1, 2, 3]): UberblockEntry {
  return {
    txg: String(txg),
    timestamp: NEWEST - (119 - txg),
    guidSum: '1',
    version: '5000',
    slot,
    labels,
    state: 'valid',
    byteOrder: 'little',
    checkpointTxg: '0',
    mmp: null,
    rootBlockPointer: {
      dvas: [],
      checksum: 'fletcher4',
      compression: 'lz4',
      birthTxg: String(txg),
      lsize: 4096,
      psize: 512,
    },
  };
}

export function label(index: number, map: string | null, about: Partial<LabelEntry> = {}): LabelEntry {
  const count = (letters: RegExp) => (map ?? '').match(letters)?.length ?? 0;
  return {
    index,
    offsetBytes: String(index * 262144),
    status: 'ok',
    txg: '4',
    poolGuid: '77',
    vdevGuid: '78',
    topGuid: '79',
    poolState: 'active',
    error: null,
    ring:
      map === null
        ? null
        : {
            slotSizeBytes: 131072 / map.length,
            valid: count(/[vmf]/g),
            badChecksum: count(/[cx]/g),
            empty: count(/e/g),
            unreadable: count(/u/g),
            map,
          },
    ...about,
  };
}

/** 32 slots, 26 written. */
export const RING = `${'v'.repeat(26)}${'e'.repeat(6)}`;

export function source(path: string, about: Partial<SourceEntry> = {}): SourceEntry {
  return {
    path,
    kind: 'raw',
    sizeBytes: String(128 * 1024 * 1024),
    offsetBytes: '0',
    error: null,
    labels: [0, 1, 2, 3].map((index) => label(index, RING)),
    uberblocks: Array.from({ length: 26 }, (_, at) => uberblock(119 - at, 25 - at)),
    ...about,
  };
}

export function leaf(guid: string, at: number | null, about: Partial<VdevEntry> = {}): VdevEntry {
  const state = at === null ? 'missing' : 'present';
  return {
    type: 'file',
    guid,
    id: 0,
    role: 'normal',
    path: `/evidence/d${guid}`,
    source: at,
    state,
    children: [],
    ...about,
  };
}

export const vdev = (type: string, children: readonly VdevEntry[], about: Partial<VdevEntry> = {}): VdevEntry =>
  leaf('1', null, { type, path: null, state: 'present', children, ...about });

export function candidate(txg: number, rank: number, about: Partial<CandidateEntry> = {}): CandidateEntry {
  const command = (...options: string[]) => ['zpool', 'import', '-d', '/evidence', '-N', '-f', ...options, 'tank'];
  return {
    rank,
    txg: String(txg),
    timestamp: NEWEST - (119 - txg),
    lossSeconds: 119 - txg,
    copies: 8,
    verdict: 'importable',
    metadataErrors: 0,
    dataErrors: null,
    blocksChecked: 1234,
    reasons: [],
    reasonData: (about.reasons ?? []).map((brief) => ({ code: 'nonsense', step: about.failsAt ?? null, brief })),
    failsAt: null,
    hazards: [],
    relaxed: null,
    commandReadOnly: command('-o', 'readonly=on', '-F', '-T', String(txg)),
    commandReadWrite: command('-F', '-T', String(txg)),
    sources: [0, 1],
    ...about,
  };
}

export const CHOSEN: RecommendationEntry['whyData'] = {
  kind: 'newest-fitting',
  verdict: 'importable',
  passedOver: [],
  aim: null,
};

export const finding = (
  code: FindingEntry['code'],
  severity: FindingEntry['severity'],
  message: string,
): FindingEntry => ({
  code,
  severity,
  message,
});

const damaged = (txg: number, rank: number) =>
  candidate(txg, rank, {
    verdict: 'damaged',
    metadataErrors: 1,
    reasons: ['object set at 0:1a2b000 fails its checksum on both legs'],
  });

/** Best first, as the contract orders them: 114 and older import, 115 to 119 do not. */
const lyingCandidates = (): CandidateEntry[] => [
  ...Array.from({ length: 21 }, (_, at) => candidate(114 - at, at + 1)),
  ...Array.from({ length: 5 }, (_, at) => damaged(119 - at, at + 22)),
];

export function pool(about: Partial<PoolEntry> = {}): PoolEntry {
  const candidates = about.candidates ?? lyingCandidates();
  const best = candidates.find(({ verdict }) => verdict === 'importable');
  return {
    name: 'tank',
    guid: '77',
    state: 'active',
    version: '5000',
    hostname: 'lab',
    hostid: '1',
    sources: [0, 1],
    vdevs: vdev('root', [vdev('mirror', [leaf('0', 0), leaf('1', 1)])]),
    missing: [],
    guidSum: { expected: '1', found: '1', ok: true },
    findings: [],
    candidates,
    recommendation:
      best === undefined
        ? null
        : {
            txg: best.txg,
            lossSeconds: best.lossSeconds,
            why: 'every block of it reads',
            whyData: CHOSEN,
            commandReadOnly: best.commandReadOnly,
            commandReadWrite: best.commandReadWrite,
            steps: stepsOf(best),
            alternatives: [],
            cautions: [],
            cautionData: [],
            cautionSteps: [],
          },
    ...about,
  };
}

/** A file of `tank/a` that lost a block. */
export const damagedFile = (path: string): DamagedFile => ({
  ...{ dataset: 'tank/a', path, otherPaths: [], object: '7', state: 'damaged', directory: false, blocks: 1 },
  ...{ damagedBytes: '131072', alsoIn: [], nameless: null },
});

/** Read to the last byte, with files in it that are damaged. */
export function withDamage(files: readonly DamagedFile[]): ScanDocument {
  const tank = pool({ candidates: [candidate(119, 1, { dataErrors: files.length })] });
  const damage = {
    ...{ blocks: files.length, blocksNamed: files.length, datasets: ['tank/a'], files, filesLeftOut: 0 },
  };
  const commandVerify = ['zfs-uber', 'verify', '--txg', '119', '/evidence/d0.img'];
  const recommendation = tank.recommendation && { ...tank.recommendation, damage, commandVerify };
  return scan({ depth: 'data', pools: [{ ...tank, recommendation }] });
}

/** Of devices that zpool opens as they are. */
export function stepsOf({ verdict, commandReadOnly, commandReadWrite }: CandidateEntry): ShellStepEntry[] {
  const close: ShellStepEntry = { kind: 'export', lines: ['zpool export tank'] };
  const read: ShellStepEntry[] = [
    { kind: 'import-read-only', lines: [shellCommand(commandReadOnly)] },
    { kind: 'copy-out', lines: ['zfs mount -a'] },
    close,
  ];
  if (verdict !== 'importable') return read;
  return [...read, { kind: 'import-read-write', lines: [shellCommand(commandReadWrite)] }, close];
}

export function scan(about: Partial<ScanDocument> = {}): ScanDocument {
  return {
    schema: 'zfs-uber/scan/1',
    judgedAs: '2.3',
    stopped: false,
    tool: TOOL,
    depth: 'meta',
    sources: [source('/evidence/d0.img'), source('/evidence/d1.img')],
    findings: [],
    pools: [pool()],
    ...about,
  };
}

/** A mirror whose disks acknowledged five txgs and lost them: the sample of every day. */
export function lyingMirror(): ScanDocument {
  const torn = `${'v'.repeat(12)}c${'v'.repeat(13)}${'e'.repeat(6)}`;
  return scan({
    sources: [
      source('/evidence/d0.img', { labels: [label(0, torn), ...[1, 2, 3].map((index) => label(index, RING))] }),
      source('/evidence/d1.img'),
    ],
    pools: [
      pool({
        findings: [
          finding(
            'uberblock-checksum',
            'warning',
            '/evidence/d0.img label 0 slot 12 carries the magic and fails its checksum; zdb shows it as normal.',
          ),
          finding(
            'uberblock-ahead-of-metadata',
            'error',
            'The newest 5 uberblocks (txg 115 to 119) are sound, but what they point to never reached the disks: a disk, controller or hypervisor acknowledged a flush that it did not do.',
          ),
        ],
        recommendation: {
          txg: '114',
          lossSeconds: 5,
          why: 'every block of it reads',
          whyData: CHOSEN,
          commandReadOnly: candidate(114, 1).commandReadOnly,
          commandReadWrite: candidate(114, 1).commandReadWrite,
          steps: stepsOf(candidate(114, 1)),
          alternatives: [{ txg: '112', why: 'the newest without data errors', whyData: { kind: 'fewer-data-errors' } }],
          cautions: [
            'Work on a copy: a read-write import writes to every device.',
            'The newer uberblocks stay in the ring: after a rewind a later import can pick them again.',
          ],
          cautionData: [],
          cautionSteps: [],
        },
      }),
    ],
  });
}

/** Only the roots were read: nothing is proven. */
export function unverified(): ScanDocument {
  const open = (txg: number, rank: number) =>
    candidate(txg, rank, {
      verdict: 'unverified',
      metadataErrors: null,
      blocksChecked: 1,
      reasons: ['root block reads on 2 of 2 places looked at; nothing below it was checked at this depth'],
    });
  const best = open(119, 1);
  return scan({
    depth: 'mos',
    pools: [
      pool({
        candidates: [best, open(118, 2)],
        recommendation: {
          txg: '119',
          lossSeconds: 0,
          why: 'txg 119 is the newest there is, and its root block reads; whether what that points to reads was not checked',
          whyData: CHOSEN,
          commandReadOnly: best.commandReadOnly,
          commandReadWrite: best.commandReadWrite,
          steps: stepsOf(best),
          alternatives: [],
          cautions: [],
          cautionData: [],
          cautionSteps: [],
        },
      }),
    ],
  });
}

/** Two of three raidz1 disks are not there. */
export function incomplete(): ScanDocument {
  const short = (txg: number, rank: number) =>
    candidate(txg, rank, { verdict: 'incomplete', copies: 4, reasons: ['2 of 3 children of raidz1-0 are missing'] });
  return scan({
    sources: [source('/evidence/d0.img')],
    pools: [
      pool({
        sources: [0],
        candidates: [short(119, 1), short(118, 2)],
        vdevs: vdev('root', [vdev('raidz', [leaf('0', 0), leaf('1', null), leaf('2', null)], { nparity: 1 })]),
        missing: [
          { guid: '11111', type: 'disk', path: '/dev/disk/by-id/ata-B', role: 'normal' },
          { guid: '22222', type: 'disk', path: null, role: 'normal' },
        ],
      }),
    ],
  });
}

const absent = [0, 1, 2, 3].map((index) =>
  label(index, null, { status: 'absent', txg: null, poolGuid: null, vdevGuid: null, topGuid: null, poolState: null }),
);

export function unreadableSource(path: string, code: string, message: string): SourceEntry {
  return source(path, { sizeBytes: '0', error: { code, message }, labels: absent, uberblocks: [] });
}

/** A file that holds something else. */
export function otherFile(path: string): SourceEntry {
  const labels = [0, 1, 2, 3].map((index) =>
    label(index, 'g'.repeat(128), { status: 'bad-checksum', txg: null, poolGuid: null, poolState: null }),
  );
  return source(path, { labels, uberblocks: [] });
}
