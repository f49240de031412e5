import {
  type ChecksumWords,
  type Engine,
  type EngineAlgorithm,
  OUTCOME,
  type SaltedAlgorithm,
  type Span,
  type StoredBlock,
} from '../block/engine.ts';
import {
  checksumInTurn,
  createPureEngine,
  openBlocksInTurn,
  pureChecksum,
  pureSaltedChecksum,
} from '../block/pureEngine.ts';
import { MARK, markSectors } from '../block/sectorMarks.ts';
import { checkBlocks, checkSpans } from '../block/spans.ts';
import { usedLength } from '../block/usedLength.ts';
import { UsageError } from '../bytes/errors.ts';
import {
  ABI,
  type Addon,
  ALGORITHM_NUMBER,
  BLOCK_COLUMNS,
  type GivenBlocks,
  loadAddon,
  NOT_UNPACKED,
  PACKING_NUMBER,
} from './addon.ts';

export interface EngineChoice {
  /** `pure`, `node` or `native` forces one; undefined takes the fastest. Default: the variable ZFS_UBER_ENGINE. */
  readonly forced?: string | undefined;
  /** How to get the addon; tests replace it. */
  readonly load?: () => Addon;
}

/**
 * The fastest engine that works here, or the one asked for.
 *
 * A missing or broken addon is a fact in `info.passedOver`, not an error, unless the addon was asked for by name.
 *
 * @throws UsageError for a name that no engine has, and for `native` where the addon does not work
 */
export function chooseEngine(choice: EngineChoice = {}): Engine {
  const { ZFS_UBER_ENGINE } = process.env;
  const { load = loadAddon } = choice;
  const forced = 'forced' in choice ? choice.forced : ZFS_UBER_ENGINE;
  switch (forced) {
    case undefined:
    case '': {
      const addon = tryAddon(load);
      return typeof addon === 'string' ? createNodeEngine(addon) : createNativeEngine(addon);
    }
    case 'native': {
      const addon = tryAddon(load);
      if (typeof addon === 'string') throw new UsageError(`ZFS_UBER_ENGINE=native, but ${addon}`);
      return createNativeEngine(addon);
    }
    case 'node':
      return createNodeEngine('ZFS_UBER_ENGINE=node');
    case 'pure':
      return createPureEngine('ZFS_UBER_ENGINE=pure', nextTurn);
    default:
      throw new UsageError(`ZFS_UBER_ENGINE=${forced}: expected pure, node or native`);
  }
}

/** Lets the event loop do what waits: reads that have ended, timers, signals. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let working: Addon | string | null = null;

/** The addon for what is no engine's work; null where it is not used. */
export function workingAddon(): Addon | null {
  const { ZFS_UBER_ENGINE: forced = '' } = process.env;
  if (forced !== '' && forced !== 'native') return null;
  working ??= tryAddon(loadAddon);
  return typeof working === 'string' ? null : working;
}

/** The addon, or in words why it is not used. */
function tryAddon(load: () => Addon): Addon | string {
  try {
    const addon = load();
    if (addon.abi() !== ABI) return `the addon speaks version ${addon.abi()} and this library ${ABI}`;
    return selfTest(addon);
  } catch (error) {
    // Whatever a native module throws while it loads, there is an engine without it.
    return error instanceof Error ? error.message : String(error);
  }
}

/** Long enough for the vector loops, with a remainder that they leave: byte i is 31 i modulo 256. */
const PROBE = 1016;

/** What the TypeScript says of the probe. Known beforehand, because working it out takes longer than the rest of a start. */
const PROBE_WORDS: Readonly<Record<EngineAlgorithm | SaltedAlgorithm, ChecksumWords>> = {
  fletcher2: [0x76d63594f453aef0n, 0x7cdc3b9afa59b8f8n, 0xd8a8887878880800n, 0x9969493939496500n],
  fletcher4: [0x0000007e3978b374n, 0x00003ed636953d84n, 0x0014edd5e77ebd00n, 0x053f9792c07eed00n],
  sha256: [0x9a80606604c69cf1n, 0xc28e0b14fc3ab2c9n, 0x655c9aa238714738n, 0x59b369420b3ecbc5n],
  sha512: [0x2884dcfe772e23ben, 0x8bc1e203c1c94cfen, 0x8d3a1b96b373d35dn, 0x1583f3cfaa47d771n],
  skein: [0x0bfb243c8fc61c03n, 0xd31e1260c78ef676n, 0x542a529012450fe2n, 0xf9d7d7c995bdb2d1n],
  edonr: [0x47f62f30993a7b42n, 0x173ec1cbecdb828cn, 0xd567c8cd2cdbd530n, 0xf2503687231b0b6bn],
  blake3: [0x74043309a95e6a7dn, 0xef6b4660cc0a8ae1n, 0x2a7824ec1964a581n, 0x98ae9a11e818cdfbn],
};
/** Bytes of the probe that salt it. */
const PROBE_SALT = 32;

/** Literals, a match that overlaps what it writes, and literals; and in lzjb a literal and a match. */
const PACKED = {
  lz4: {
    stored: Uint8Array.of(0, 0, 0, 13, 0x3f, 1, 2, 3, 3, 0, 20, 0x50, 9, 9, 9, 9, 9),
    content: Uint8Array.from({ length: 47 }, (_, i) => (i < 42 ? (i % 3) + 1 : 9)),
  },
  lzjb: { stored: Uint8Array.of(2, 7, 0x14, 1), content: new Uint8Array(9).fill(7) },
} as const;

/** A sector of zeros, and one that begins as an object set does. */
const MARKED = new Uint8Array(1024);
MARKED.set([10, 17, 1, 3], 512);

/** One small block through the addon: a miscompiled one must not decide about someone's pool. */
function selfTest(addon: Addon): Addon | string {
  const probe = new Uint8Array(PROBE);
  for (let i = 0; i < PROBE; i++) probe[i] = i * 31;
  const spans = Float64Array.of(0, PROBE);
  for (const algorithm of ['fletcher2', 'fletcher4', 'sha256', 'sha512'] as const) {
    const number = ALGORITHM_NUMBER[algorithm];
    const expected = PROBE_WORDS[algorithm];
    const answers = [addon.checksum(number, probe, true), addon.checksumSpans(number, probe, spans, true)];
    const wrong = answers.some((words) => expected.some((word, i) => word !== words[i]));
    if (wrong) return `the addon fails its self-test in ${algorithm}`;
  }
  for (const algorithm of ['skein', 'edonr', 'blake3'] as const) {
    const words = addon.saltedChecksum(ALGORITHM_NUMBER[algorithm], probe.subarray(0, PROBE_SALT), probe, true);
    const wrong = PROBE_WORDS[algorithm].some((word, i) => word !== words[i]);
    if (wrong) return `the addon fails its self-test in ${algorithm}`;
  }
  const together = openedTogether(addon, probe);
  if (together !== null) return `the addon fails its self-test in ${together} of several blocks`;
  const [mark, ...others] = addon.markSectors(MARKED);
  if (mark !== MARKED.length / 2 + MARK.objset || others.length > 0) return 'the addon fails its self-test of sectors';
  if (addon.usedLength(MARKED) !== usedLength(MARKED)) return 'the addon fails its self-test of zeros';
  for (const compression of ['lz4', 'lzjb'] as const) {
    if (!unpacks(addon, compression)) return `the addon fails its self-test in ${compression}`;
  }
  return addon;
}

/** Blocks that every lane of the widest registers has one of, and a lane that takes a second. */
const TOGETHER = 9;

/** @returns the first algorithm that sums many blocks otherwise than one; null where none does */
function openedTogether(addon: Addon, probe: Uint8Array): string | null {
  const algorithms = Object.keys(PROBE_WORDS) as (keyof typeof PROBE_WORDS)[];
  const blocks = algorithms.flatMap((algorithm): StoredBlock[] =>
    Array.from({ length: TOGETHER }, () => ({
      ...{ offset: 0, length: PROBE, algorithm, littleEndian: true, content: null },
      expected: PROBE_WORDS[algorithm],
    })),
  );
  const salt = probe.subarray(0, PROBE_SALT);
  const outcomes = addon.openBlocks(tableOf(blocks), expectedOf(blocks), probe, new Uint8Array(0), salt);
  return blocks.find((_, i) => outcomes[i] !== OUTCOME.sound)?.algorithm ?? null;
}

function unpacks(addon: Addon, compression: keyof typeof PACKED): boolean {
  const { stored, content } = PACKED[compression];
  const found = new Uint8Array(content.length);
  const block: StoredBlock = {
    ...{ offset: 0, length: stored.length, algorithm: 'fletcher4', littleEndian: true },
    expected: pureChecksum('fletcher4', stored, true),
    content: { compression, offset: 0, length: content.length },
  };
  const [outcome] = addon.openBlocks(tableOf([block]), expectedOf([block]), stored, found, NO_SALT);
  const alone = new Uint8Array(content.length);
  const is = (made: Uint8Array): boolean => made.every((byte, i) => byte === content[i]);
  const packing = PACKING_NUMBER[compression] ?? NOT_UNPACKED;
  return outcome === OUTCOME.unpacked && is(found) && addon.unpack(packing, stored, alone) && is(alone);
}

type Digest = (bytes: Uint8Array, littleEndian: boolean) => ChecksumWords;

/** SHA-2 by node:crypto, which is OpenSSL. Loaded on first use: not every run needs it, and loading takes time. */
function openssl(name: 'sha256' | 'sha512-256'): Digest {
  let createHash: typeof import('node:crypto').createHash | null = null;
  return (bytes, littleEndian) => {
    createHash ??= process.getBuiltinModule('node:crypto').createHash;
    const digest = createHash(name).update(bytes).digest();
    const word = (at: number): bigint => (littleEndian ? digest.readBigUInt64LE(at) : digest.readBigUInt64BE(at));
    return [word(0), word(8), word(16), word(24)];
  };
}

function createNodeEngine(passedOver: string): Engine {
  const sha256 = openssl('sha256');
  const sha512 = openssl('sha512-256');
  const checksum: Engine['checksum'] = (algorithm, bytes, littleEndian) => {
    if (algorithm === 'sha256') return sha256(bytes, false);
    if (algorithm === 'sha512') return sha512(bytes, littleEndian);
    return pureChecksum(algorithm, bytes, littleEndian);
  };
  return {
    info: { name: 'node', passedOver },
    checksum,
    checksumMany: (algorithm, buffer, spans, littleEndian) =>
      checksumInTurn(checksum, nextTurn, algorithm, buffer, spans, littleEndian),
    saltedChecksum: pureSaltedChecksum,
    markSectors,
    unpack: () => false,
    usedLength,
    openBlocks: openBlocksInTurn(checksum, nextTurn),
  };
}

function createNativeEngine(addon: Addon): Engine {
  const sha512 = openssl('sha512-256');
  return {
    info: { name: 'native', passedOver: null },
    checksum(algorithm, bytes, littleEndian) {
      // One at a time OpenSSL's SHA-512 is 1.4 times the addon's; in batches the addon's threads win.
      if (algorithm === 'sha512') return sha512(bytes, littleEndian);
      if (bytes.length < SMALL[algorithm]) return pureChecksum(algorithm, bytes, littleEndian);
      const [a = 0n, b = 0n, c = 0n, d = 0n] = addon.checksum(ALGORITHM_NUMBER[algorithm], bytes, littleEndian);
      return [a, b, c, d];
    },
    async checksumMany(algorithm, buffer, spans, littleEndian) {
      const total = checkSpans(spans, buffer.length);
      const number = ALGORITHM_NUMBER[algorithm];
      if (total < WORTH_A_THREAD[algorithm]) return addon.checksumSpans(number, buffer, pack(spans), littleEndian);
      // One task a processor and no more: the pool's threads also do the reading.
      const tasks = Math.min(
        process.getBuiltinModule('node:os').availableParallelism(),
        Math.floor(total / WORTH_A_THREAD[algorithm]),
      );
      const parts = divide(spans, total, tasks);
      const answers = await Promise.all(
        parts.map((part) => addon.checksumSpansInPool(number, buffer, pack(part), littleEndian)),
      );
      if (answers.length === 1 && answers[0] !== undefined) return answers[0];
      const words = new BigUint64Array(spans.length * 4);
      let at = 0;
      for (const answer of answers) {
        words.set(answer, at);
        at += answer.length;
      }
      return words;
    },
    saltedChecksum(algorithm, { salt }, bytes, littleEndian) {
      const number = ALGORITHM_NUMBER[algorithm];
      const [a = 0n, b = 0n, c = 0n, d = 0n] = addon.saltedChecksum(number, salt, bytes, littleEndian);
      return [a, b, c, d];
    },
    markSectors: (bytes) => addon.markSectors(bytes),
    unpack(compression, stored, content) {
      const packing = PACKING_NUMBER[compression];
      return packing !== undefined && addon.unpack(packing, stored, content);
    },
    usedLength: (bytes) => addon.usedLength(bytes),
    async openBlocks(blocks, stored, content, salted) {
      checkBlocks(blocks, stored.length, content.length);
      const given: GivenBlocks = [tableOf(blocks), expectedOf(blocks), stored, content, salted?.salt ?? NO_SALT];
      let work = 0;
      for (const block of blocks) work += block.length / SPEED[block.algorithm] + (block.content?.length ?? 0);
      return work < WORTH_UNPACKING ? addon.openBlocks(...given) : addon.openBlocksInPool(...given);
    },
  };
}

const NO_SALT = new Uint8Array(0);

/** How many bytes are summed while one is unpacked, about. */
const SPEED: Readonly<Record<EngineAlgorithm | SaltedAlgorithm, number>> = {
  fletcher2: 4,
  fletcher4: 4,
  sha256: 0.5,
  sha512: 0.3,
  skein: 0.3,
  edonr: 0.5,
  blake3: 1,
};
/** Bytes to unpack that keep a thread busy for longer than waking it takes. */
const WORTH_UNPACKING = 2 ** 17;

function tableOf(blocks: readonly StoredBlock[]): Float64Array {
  const table = new Float64Array(blocks.length * BLOCK_COLUMNS);
  for (const [index, { offset, length, algorithm, littleEndian, content }] of blocks.entries()) {
    const row = index * BLOCK_COLUMNS;
    table[row] = offset;
    table[row + 1] = length;
    table[row + 2] = ALGORITHM_NUMBER[algorithm];
    table[row + 3] = littleEndian ? 1 : 0;
    if (content === null) continue;
    table[row + 4] = PACKING_NUMBER[content.compression] ?? NOT_UNPACKED;
    table[row + 5] = content.offset;
    table[row + 6] = content.length;
  }
  return table;
}

function expectedOf(blocks: readonly StoredBlock[]): BigUint64Array {
  const words = new BigUint64Array(blocks.length * 4);
  for (const [index, { expected }] of blocks.entries()) words.set(expected, index * 4);
  return words;
}

/** Bytes below which TypeScript is done before the addon is entered (test/bench/checksums.ts prints both). */
const SMALL = { fletcher2: 1024, fletcher4: 1024, sha256: 0 } as const;

/** Bytes that keep a thread busy for longer than waking it takes, some 50 microseconds. */
const WORTH_A_THREAD: Readonly<Record<EngineAlgorithm, number>> = {
  fletcher2: 2 ** 20,
  fletcher4: 2 ** 20,
  sha256: 2 ** 17,
  sha512: 2 ** 16,
};

function pack(spans: readonly Span[]): Float64Array {
  const packed = new Float64Array(spans.length * 2);
  for (const [index, { offset, length }] of spans.entries()) {
    packed[index * 2] = offset;
    packed[index * 2 + 1] = length;
  }
  return packed;
}

/** Cuts the spans, in their order, into at most `count` parts of about the same number of bytes. */
function divide(spans: readonly Span[], total: number, count: number): Span[][] {
  const parts: Span[][] = [];
  let part: Span[] = [];
  let bytes = 0;
  for (const span of spans) {
    part.push(span);
    bytes += span.length;
    if (bytes >= (total * (parts.length + 1)) / count) {
      parts.push(part);
      part = [];
    }
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
