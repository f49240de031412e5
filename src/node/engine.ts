import {
  type ChecksumWords,
  type Engine,
  type EngineAlgorithm,
  OUTCOME,
  type PlainPointers,
  type SaltedAlgorithm,
  type Span,
  type StoredBlock,
} from '../block/engine.ts';
import { ALGORITHM_NUMBER, NOT_UNPACKED, PACKING_NUMBER } from '../block/nativeNumbers.ts';
import {
  checksumInTurn,
  createPureEngine,
  openBlocksInTurn,
  pureChecksum,
  pureSaltedChecksum,
} from '../block/pureEngine.ts';
import { MARK, markSectors } from '../block/sectorMarks.ts';
import { firstWrong, type Packed, PROBE, PROBE_SALT, PROBE_WORDS } from '../block/selfTest.ts';
import { checkBlocks, checkSpans } from '../block/spans.ts';
import { usedLength } from '../block/usedLength.ts';
import { createWasmEngine } from '../block/wasmEngine.ts';
import { UsageError } from '../bytes/errors.ts';
import { ABI, type Addon, BLOCK_COLUMNS, type GivenBlocks, loadAddon } from './addon.ts';
import { wasmFile } from './wasmFile.ts';

export interface EngineChoice {
  /** `pure`, `node`, `wasm` or `native` forces one; undefined takes the fastest. Default: the variable ZFS_UBER_ENGINE. */
  readonly forced?: string | undefined;
  /** How to get the addon; tests replace it. */
  readonly load?: () => Addon;
  /** Gives how to read the WebAssembly, null where there is none; tests replace it. */
  readonly findWasm?: () => (() => Uint8Array) | null;
}

/**
 * The fastest engine that works here, or the one asked for.
 *
 * A missing or broken addon is a fact in `info.passedOver`, not an error, unless the addon was asked for by name. Then it is
 * WebAssembly, loaded for the first batch of blocks, and where that is missing or broken, TypeScript.
 *
 * @throws UsageError for a name that no engine has, and for `native` and `wasm` where they are not to be had
 */
export function chooseEngine(choice: EngineChoice = {}): Engine {
  const { ZFS_UBER_ENGINE } = process.env;
  const { load = loadAddon, findWasm = wasmFile } = choice;
  const forced = 'forced' in choice ? choice.forced : ZFS_UBER_ENGINE;
  switch (forced) {
    case undefined:
    case '': {
      const addon = tryAddon(load);
      if (typeof addon !== 'string') return createNativeEngine(addon);
      const wasm = findWasm();
      return wasm === null ? createNodeEngine(addon) : wasmEngine(wasm, addon, false);
    }
    case 'native': {
      const addon = tryAddon(load);
      if (typeof addon === 'string') throw new UsageError(`ZFS_UBER_ENGINE=native, but ${addon}`);
      return createNativeEngine(addon);
    }
    case 'wasm': {
      const wasm = findWasm();
      if (wasm === null) throw new UsageError('ZFS_UBER_ENGINE=wasm, but zfs-uber.wasm is not here');
      return wasmEngine(wasm, 'ZFS_UBER_ENGINE=wasm', true);
    }
    case 'node':
      return createNodeEngine('ZFS_UBER_ENGINE=node');
    case 'pure':
      return createPureEngine('ZFS_UBER_ENGINE=pure', nextTurn);
    default:
      throw new UsageError(`ZFS_UBER_ENGINE=${forced}: expected pure, node, wasm or native`);
  }
}

/** OpenSSL is faster in SHA-2 than WebAssembly, which has no instructions for it. */
function wasmEngine(read: () => Uint8Array, passedOver: string, required: boolean): Engine {
  const base = createNodeEngine(passedOver);
  return createWasmEngine({ base, load: async () => read(), required, hasSha2: false, pause: nextTurn });
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

/** A sector of zeros, and one that begins as an object set does. */
const MARKED = new Uint8Array(1024);
MARKED.set([10, 17, 1, 3], 512);

/** One small block through the addon: a miscompiled one must not decide about someone's pool. */
function selfTest(addon: Addon): Addon | string {
  const spans = Float64Array.of(0, PROBE.length);
  const wrong =
    firstWrong({
      sums(algorithm) {
        const number = ALGORITHM_NUMBER[algorithm];
        if (isSalted(algorithm)) return [addon.saltedChecksum(number, PROBE_SALT, PROBE, true)];
        return [addon.checksum(number, PROBE, true), addon.checksumSpans(number, PROBE, spans, true)];
      },
      contents: (...packed) => unpacked(addon, ...packed),
    }) ?? openedTogether(addon);
  if (wrong !== null) return `the addon fails its self-test in ${wrong}`;
  const [mark, ...others] = addon.markSectors(MARKED);
  if (mark !== MARKED.length / 2 + MARK.objset || others.length > 0) return 'the addon fails its self-test of sectors';
  if (addon.usedLength(MARKED) !== usedLength(MARKED)) return 'the addon fails its self-test of zeros';
  if (!looksIntoPointers(addon)) return 'the addon fails its self-test of pointers';
  return addon;
}

const isSalted = (algorithm: EngineAlgorithm | SaltedAlgorithm): boolean =>
  algorithm === 'skein' || algorithm === 'edonr' || algorithm === 'blake3';

/** Blocks that every lane of the widest registers has one of, and a lane that takes a second. */
const TOGETHER = 9;

/** @returns the first algorithm that sums many blocks otherwise than one; null where none does */
function openedTogether(addon: Addon): string | null {
  const algorithms = Object.keys(PROBE_WORDS) as (keyof typeof PROBE_WORDS)[];
  const blocks = algorithms.flatMap((algorithm): StoredBlock[] =>
    Array.from({ length: TOGETHER }, () => ({
      ...{ offset: 0, length: PROBE.length, algorithm, littleEndian: true, content: null },
      expected: PROBE_WORDS[algorithm],
    })),
  );
  const given = givenOf(blocks, PROBE, new Uint8Array(0), PROBE_SALT, NO_POINTERS);
  const outcomes = addon.openBlocks(...given);
  const wrong = blocks.find((_, i) => outcomes[i] !== OUTCOME.sound);
  return wrong === undefined ? null : `${wrong.algorithm} of several blocks`;
}

/** Of two pointers the second ends where the vdev does, or behind it. */
function looksIntoPointers(addon: Addon): boolean {
  const words = Uint32Array.from({ length: 64 }, (_, at) => ({ 0: 8, 13: 9, 32: 8, 34: 92, 45: 9 })[at] ?? 0);
  const stored = new Uint8Array(words.buffer);
  const { length } = stored;
  const block: StoredBlock = {
    ...{ offset: 0, length, algorithm: 'fletcher4', littleEndian: true },
    expected: pureChecksum('fletcher4', stored, true),
    content: { compression: 'off', offset: 0, length, size: length, pointers: true },
  };
  const outcomeOf = (end: number): number | undefined => {
    const plain = { props: Uint32Array.of(9), reach: Float64Array.of(end) };
    return addon.openBlocks(...givenOf([block], stored, new Uint8Array(length), NO_SALT, plain))[0];
  };
  return outcomeOf(100) === OUTCOME.plain && outcomeOf(99) === OUTCOME.unpacked + usedLength(stored);
}

/** The content as a batch gives it, and as it is given alone. */
function unpacked(addon: Addon, compression: Packed, stored: Uint8Array, size: number): (Uint8Array | null)[] {
  const [together, alone] = [new Uint8Array(size), new Uint8Array(size)];
  const block: StoredBlock = {
    ...{ offset: 0, length: stored.length, algorithm: 'fletcher4', littleEndian: true },
    expected: pureChecksum('fletcher4', stored, true),
    content: { compression, offset: 0, length: size, size },
  };
  const [outcome] = addon.openBlocks(...givenOf([block], stored, together, NO_SALT, NO_POINTERS));
  const isAlone = addon.unpack(PACKING_NUMBER[compression] ?? NOT_UNPACKED, stored, alone);
  return [outcome === OUTCOME.unpacked + usedLength(together) ? together : null, isAlone ? alone : null];
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
    async openBlocks(blocks, stored, content, salted, plain = null) {
      checkBlocks(blocks, stored.length, content.length);
      const given = givenOf(blocks, stored, content, salted?.salt ?? NO_SALT, plain ?? NO_POINTERS);
      let work = 0;
      for (const block of blocks) work += block.length / SPEED[block.algorithm] + (block.content?.length ?? 0);
      return work < WORTH_UNPACKING ? addon.openBlocks(...given) : addon.openBlocksInPool(...given);
    },
  };
}

const NO_SALT = new Uint8Array(0);
const NO_POINTERS: PlainPointers = { props: new Uint32Array(0), reach: new Float64Array(0) };

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

const givenOf = (
  blocks: readonly StoredBlock[],
  stored: Uint8Array,
  content: Uint8Array,
  salt: Uint8Array,
  { props, reach }: PlainPointers,
): GivenBlocks => [tableOf(blocks), expectedOf(blocks), stored, content, salt, props, reach];

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
    table[row + 7] = content.size;
    table[row + 8] = content.pointers === true ? 1 : 0;
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
