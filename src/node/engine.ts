import { availableParallelism } from 'node:os';
import type { ChecksumWords, Engine, EngineAlgorithm, Span } from '../block/engine.ts';
import { checkSpans, checksumInTurn, createPureEngine, pureChecksum } from '../block/pureEngine.ts';
import { UsageError } from '../bytes/errors.ts';
import { ABI, type Addon, ALGORITHM_NUMBER, loadAddon } from './addon.ts';

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
const PROBE_WORDS: Readonly<Record<EngineAlgorithm, ChecksumWords>> = {
  fletcher2: [0x76d63594f453aef0n, 0x7cdc3b9afa59b8f8n, 0xd8a8887878880800n, 0x9969493939496500n],
  fletcher4: [0x0000007e3978b374n, 0x00003ed636953d84n, 0x0014edd5e77ebd00n, 0x053f9792c07eed00n],
  sha256: [0x9a80606604c69cf1n, 0xc28e0b14fc3ab2c9n, 0x655c9aa238714738n, 0x59b369420b3ecbc5n],
  sha512: [0x2884dcfe772e23ben, 0x8bc1e203c1c94cfen, 0x8d3a1b96b373d35dn, 0x1583f3cfaa47d771n],
};

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
  return addon;
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
      const tasks = Math.min(availableParallelism(), Math.floor(total / WORTH_A_THREAD[algorithm]));
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
  };
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
