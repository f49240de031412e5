import { UsageError } from '../bytes/errors.ts';
import type { ChecksumWords, Engine, EngineAlgorithm, SaltedAlgorithm } from './engine.ts';
import { checksumInTurn, createPureEngine } from './pureEngine.ts';
import type { WasmBlocks } from './wasmBlocks.ts';

/** Bytes below which TypeScript is done before they are copied (test/bench/wasm.ts prints both). */
const SMALL: Readonly<Record<EngineAlgorithm, number>> = { fletcher2: 256, fletcher4: 512, sha256: 0, sha512: 0 };

export interface WasmChoice {
  /** What it replaces, and what takes its place where it does not load, fails, or has no room. */
  readonly base: Engine;
  /** Gives the bytes of `zfs-uber.wasm`; called once, for the first batch. */
  readonly load: () => Promise<Uint8Array>;
  /** Whether nothing may take its place: batches then reject with a UsageError where it does not load. */
  readonly required: boolean;
  /** Whether its SHA-2 is faster than that of `base`. */
  readonly hasSha2: boolean;
  /** As in `checksumInTurn`. */
  readonly pause: (() => Promise<void>) | null;
}

/**
 * An engine whose blocks are summed and unpacked by WebAssembly: several times as fast as TypeScript. It is loaded for the
 * first batch; what is summed before that, or where it does not load, `base` sums. A failure of it is a fact in `info`.
 */
export function createWasmEngine({ base, load, required, hasSha2, pause }: WasmChoice): Engine {
  let loading: Promise<void> | null = null;
  let wasm: WasmBlocks | null = null;
  let failure: string | null = null;

  const giveUp = (error: unknown): void => {
    wasm = null;
    failure = error instanceof Error ? error.message : String(error);
  };
  const prepare = (): Promise<void> => {
    loading ??= loadBlocks().catch((error) => {
      giveUp(error);
      if (required) throw new UsageError(`WebAssembly was asked for, but ${failure}`);
    });
    return loading;
  };
  const loadBlocks = async (): Promise<void> => {
    const { openWasm } = await import('./wasmBlocks.ts');
    wasm = await openWasm(await load());
  };
  /** What `work` gives; null where it is to be done without. */
  const attempt = <T>(work: (blocks: WasmBlocks) => T | null): T | null => {
    if (wasm === null) return null;
    try {
      return work(wasm);
    } catch (error) {
      // A trap leaves an instance of which nothing is known.
      giveUp(error);
      return null;
    }
  };
  const isFaster = (algorithm: EngineAlgorithm, length: number): boolean =>
    length >= SMALL[algorithm] && (hasSha2 || algorithm === 'fletcher2' || algorithm === 'fletcher4');
  const words = (
    algorithm: EngineAlgorithm | SaltedAlgorithm,
    bytes: Uint8Array,
    littleEndian: boolean,
    salt: Uint8Array | null,
  ): ChecksumWords | null =>
    attempt((blocks) => (blocks.take(bytes, 0) ? blocks.words(algorithm, littleEndian, salt) : null));

  const checksum: Engine['checksum'] = (algorithm, bytes, littleEndian) =>
    (isFaster(algorithm, bytes.length) ? words(algorithm, bytes, littleEndian, null) : null) ??
    base.checksum(algorithm, bytes, littleEndian);
  const saltedChecksum: Engine['saltedChecksum'] = (algorithm, salted, bytes, littleEndian) =>
    words(algorithm, bytes, littleEndian, salted.salt) ?? base.saltedChecksum(algorithm, salted, bytes, littleEndian);
  const unpack: Engine['unpack'] = (compression, stored, content) =>
    (compression === 'lz4' || compression === 'lzjb') &&
    attempt((blocks) => blocks.take(stored, content.length) && blocks.unpack(compression, content)) === true;
  return {
    get info() {
      const { name, passedOver } = base.info;
      if (failure === null) return { name: 'wasm', passedOver } as const;
      return { name, passedOver: `${passedOver === null ? '' : `${passedOver}; `}WebAssembly: ${failure}` };
    },
    prepare,
    checksum,
    async checksumMany(...batch) {
      await prepare();
      return checksumInTurn(checksum, pause, ...batch);
    },
    saltedChecksum,
    // Copying a disk into its memory takes longer than looking at a few words of each sector.
    markSectors: base.markSectors,
    usedLength: base.usedLength,
    unpack,
    async openBlocks(blocks, stored, content, salted) {
      await prepare();
      const { openInTurn } = await import('./openInTurn.ts');
      return openInTurn({ checksum, saltedChecksum, unpack }, pause, blocks, stored, content, salted);
    },
  };
}

/**
 * The engine of a browser, or of whatever else has WebAssembly and nothing of Node. What its host does not let it compile
 * (`wasm-unsafe-eval` in a policy of content), or what is not to be had, is done by TypeScript, and `info` says why.
 *
 * @param load gives the bytes of `zfs-uber/zfs-uber.wasm`; called once, for the first batch of blocks
 * @param pause as in `checksumInTurn`
 */
export const wasmEngine = (load: () => Promise<Uint8Array>, pause: (() => Promise<void>) | null = null): Engine =>
  createWasmEngine({ base: createPureEngine(NO_ADDON, pause), load, required: false, hasSha2: true, pause });

const NO_ADDON = 'an addon is loaded by Node alone';
