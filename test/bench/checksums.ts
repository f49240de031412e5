// How fast the engines are, as ratios measured in one run: the two sides take turns, and the median of the ratios of
// neighbours counts, so that a machine that slows down for a while slows down both sides.
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { EngineAlgorithm, Span } from '../../src/block/engine.ts';
import { ALGORITHM_NUMBER } from '../../src/block/nativeNumbers.ts';
import { pureChecksum } from '../../src/block/pureEngine.ts';
import { loadAddon } from '../../src/node/addon.ts';
import { chooseEngine } from '../../src/node/engine.ts';

const ROUNDS = 21;
/** Larger than any cache: what is summed comes from memory. */
const LARGE = 256 * 2 ** 20;
/** The usual record of ZFS. */
const RECORD = 128 * 2 ** 10;

type Work = () => unknown;

interface Contest {
  readonly claim: string;
  /** Bytes that each side goes through once. */
  readonly bytes: number;
  /** The ratio asked for, null where it is only shown. */
  readonly atLeast: number | null;
  readonly ours: Work;
  readonly theirs: Work;
}

const addon = loadAddon();
const native = chooseEngine({ forced: 'native' });
const node = chooseEngine({ forced: 'node' });

const large = new Uint8Array(LARGE);
for (let at = 0; at < LARGE; at += 65536) crypto.getRandomValues(large.subarray(at, at + 65536));
const record = large.subarray(0, RECORD);

const repeat = (times: number, work: Work) => (): void => {
  for (let i = 0; i < times; i++) work();
};
const ours =
  (algorithm: EngineAlgorithm, bytes: Uint8Array, littleEndian = true) =>
  () =>
    native.checksum(algorithm, bytes, littleEndian);
const openssl = (name: string, bytes: Uint8Array) => () => createHash(name).update(bytes).digest();

function contests(): Contest[] {
  const memory = (algorithm: 'fletcher2' | 'fletcher4', littleEndian: boolean): Contest => ({
    claim: `${algorithm} of ${littleEndian ? 'little' : 'big'}-endian words against reading 256 MiB through memory`,
    bytes: LARGE,
    atLeast: algorithm === 'fletcher4' && littleEndian ? 0.9 : null,
    ours: ours(algorithm, large, littleEndian),
    theirs: () => addon.sumWords(large),
  });
  const typescript = (algorithm: EngineAlgorithm, atLeast: number | null): Contest => ({
    claim: `${algorithm} against TypeScript, 128 KiB`,
    bytes: RECORD * 100,
    atLeast,
    ours: repeat(100, ours(algorithm, record)),
    theirs: repeat(100, () => pureChecksum(algorithm, record, true)),
  });
  const digest = (algorithm: 'sha256' | 'sha512', size: number, atLeast: number | null): Contest => {
    const bytes = large.subarray(0, size);
    const times = 2 ** 23 / size;
    return {
      claim: `${algorithm} against OpenSSL by node:crypto, ${size / 1024} KiB`,
      bytes: size * times,
      atLeast,
      ours: repeat(times, ours(algorithm, bytes)),
      theirs: repeat(times, openssl(algorithm === 'sha256' ? 'sha256' : 'sha512-256', bytes)),
    };
  };
  return [
    memory('fletcher4', true),
    memory('fletcher4', false),
    memory('fletcher2', true),
    memory('fletcher2', false),
    typescript('fletcher4', 8),
    typescript('fletcher2', null),
    typescript('sha256', null),
    typescript('sha512', null),
    ...[1024, 4096, RECORD, 2 ** 20].map((size) => digest('sha256', size, size === RECORD ? 1 : null)),
    ...[1024, 4096, RECORD, 2 ** 20].map((size) => digest('sha512', size, null)),
  ];
}

const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;

function time(work: Work): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function decide({ claim, bytes, atLeast, ours, theirs }: Contest): boolean {
  const mine: number[] = [];
  const other: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    // Who begins changes, and the first round only warms up.
    const mineFirst = round % 2 === 0;
    const early = time(mineFirst ? ours : theirs);
    const late = time(mineFirst ? theirs : ours);
    if (round < 0) continue;
    mine.push(mineFirst ? early : late);
    other.push(mineFirst ? late : early);
  }
  const ratio = median(other.map((each, i) => each / (mine[i] ?? Number.NaN)));
  const speed = bytes / median(mine) / 1e6;
  const met = atLeast === null || ratio >= atLeast;
  const wanted = atLeast === null ? '' : `, wanted ${atLeast}: ${met ? 'met' : 'MISSED'}`;
  console.log(`${ratio.toFixed(2).padStart(7)}  ${claim} (${speed.toFixed(2)} GB/s${wanted})`);
  return met;
}

/** Batches: the addon's threads against node:crypto and TypeScript on one, in which the event loop only waits. */
async function decideBatch(algorithm: EngineAlgorithm, size: number): Promise<void> {
  const count = 2 ** 23 / size;
  const spans: Span[] = Array.from({ length: count }, (_, i) => ({ offset: i * size, length: size }));
  const mine: number[] = [];
  const other: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    for (const [engine, times] of [[native, mine] as const, [node, other] as const]) {
      const start = performance.now();
      await engine.checksumMany(algorithm, large, spans, true);
      if (round >= 0) times.push(performance.now() - start);
    }
  }
  const speed = (size * count) / median(mine) / 1e6;
  const ratio = median(other.map((each, i) => each / (mine[i] ?? Number.NaN)));
  const claim = `batch of ${count} spans of ${size / 1024} KiB, ${algorithm}, against the node engine`;
  console.log(`${ratio.toFixed(2).padStart(7)}  ${claim} (${speed.toFixed(2)} GB/s)`);
}

/** Where entering the addon begins to pay. */
function small(algorithm: EngineAlgorithm): void {
  for (const size of [64, 128, 256, 512, 1024, 2048]) {
    const bytes = large.subarray(0, size);
    const number = ALGORITHM_NUMBER[algorithm];
    const calls = 20_000;
    const inAddon = repeat(calls, () => addon.checksum(number, bytes, true));
    const inTypeScript = repeat(calls, () => pureChecksum(algorithm, bytes, true));
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < 5; round++) {
      times[0].push(time(inAddon));
      times[1].push(time(inTypeScript));
    }
    const [there, here] = times.map((each) => ((median(each) / calls) * 1e6).toFixed(0));
    console.log(`         ${algorithm} of ${size} bytes: addon ${there} ns, TypeScript ${here} ns`);
  }
}

console.log(`fletcher with ${addon.instructions()}, ${availableParallelism()} processors; ratio is ours over theirs`);
const met = contests().map(decide);
for (const algorithm of ['fletcher4', 'sha256', 'sha512'] as const) {
  for (const size of [1024, 16384, RECORD]) await decideBatch(algorithm, size);
}
small('fletcher4');
small('fletcher2');
if (met.includes(false)) process.exitCode = 1;
