import { UnsupportedError } from '../bytes/errors.ts';
import type { CompressionKind } from '../format/compressionKinds.ts';
import type { ChecksumWords, EngineAlgorithm, SaltedAlgorithm } from './engine.ts';
import { ALGORITHM_NUMBER, PACKING_NUMBER } from './nativeNumbers.ts';
import { firstWrong, PROBE, PROBE_SALT } from './selfTest.ts';

/** What native/wasm/src/lib.rs exports; lengths and addresses are bytes. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly abi: () => number;
  readonly address: () => number;
  readonly size: () => number;
  readonly sum: (algorithm: number, length: number, littleEndian: number) => number;
  readonly unpack: (packing: number, length: number, size: number) => number;
}

/** Goes up with every change in native/wasm/src/lib.rs that this has to know of: a stale module is refused. */
const ABI = 1;

/** In the room: four words, the salt, then the bytes, and behind them at a multiple of `ALIGNED` what they unpack to. */
const SALT_AT = 32;
const BYTES_AT = 64;
const ALIGNED = 16;

/** Blocks by WebAssembly: an instance of `zfs-uber.wasm`, one block at a time. */
export interface WasmBlocks {
  /**
   * Takes bytes in, of which `words` and `unpack` then speak.
   *
   * @param size bytes that they are to be unpacked to; 0 where that is not asked for
   * @returns false where there is no room for both
   */
  readonly take: (bytes: Uint8Array, size: number) => boolean;
  /** @param salt 32 bytes, for an algorithm that needs one */
  readonly words: (
    algorithm: EngineAlgorithm | SaltedAlgorithm,
    littleEndian: boolean,
    salt: Uint8Array | null,
  ) => ChecksumWords;
  /** @returns false where the bytes are malformed or give another size, or it has no codec for them; `content` is then as it was */
  readonly unpack: (compression: CompressionKind, content: Uint8Array) => boolean;
}

/**
 * @param module the bytes of `zfs-uber.wasm`
 * @throws UnsupportedError for another module or another version of it, and where it answers otherwise than the TypeScript;
 *   what the host throws where it has no WebAssembly, or not all that the module needs (SIMD)
 */
export async function openWasm(module: Uint8Array): Promise<WasmBlocks> {
  const { instance } = await WebAssembly.instantiate(module, {});
  return blocksOf(instance.exports);
}

function blocksOf(exports: unknown): WasmBlocks {
  if (!isOurs(exports) || exports.abi() !== ABI) throw new UnsupportedError('it is of another version', null);
  const { memory, sum, unpack } = exports;
  const at = exports.address();
  const size = exports.size();
  let buffer = memory.buffer;
  let whole = new Uint8Array(buffer);
  let view = new DataView(buffer);
  let length = 0;
  /** What is allocated may make the memory grow, and its buffer is then another. */
  const look = (): void => {
    if (buffer === memory.buffer) return;
    buffer = memory.buffer;
    whole = new Uint8Array(buffer);
    view = new DataView(buffer);
  };
  const blocks: WasmBlocks = {
    take(bytes, unpacked) {
      if (align(bytes.length) + unpacked > size) return false;
      look();
      whole.set(bytes, at + BYTES_AT);
      length = bytes.length;
      return true;
    },
    words(algorithm, littleEndian, salt) {
      look();
      if (salt !== null) whole.set(salt, at + SALT_AT);
      if (sum(ALGORITHM_NUMBER[algorithm], length, littleEndian ? 1 : 0) !== 1) throw new Error(`no sum: ${algorithm}`);
      look();
      return [
        view.getBigUint64(at, true),
        view.getBigUint64(at + 8, true),
        view.getBigUint64(at + 16, true),
        view.getBigUint64(at + 24, true),
      ];
    },
    unpack(compression, content) {
      const number = PACKING_NUMBER[compression];
      if (number === undefined || unpack(number, length, content.length) !== 1) return false;
      look();
      const from = at + BYTES_AT + align(length);
      content.set(whole.subarray(from, from + content.length));
      return true;
    },
  };
  const wrong = firstWrong({
    sums: (algorithm) => [blocks.take(PROBE, 0) ? blocks.words(algorithm, true, PROBE_SALT) : []],
    contents(compression, stored, unpacked) {
      const content = new Uint8Array(unpacked);
      return [blocks.take(stored, unpacked) && blocks.unpack(compression, content) ? content : null];
    },
  });
  if (wrong !== null) throw new UnsupportedError(`it fails its self-test in ${wrong}`, null);
  return blocks;
}

const align = (length: number): number => Math.ceil(length / ALIGNED) * ALIGNED;

function isOurs(exports: unknown): exports is Exports {
  if (typeof exports !== 'object' || exports === null) return false;
  const named: Readonly<Record<string, unknown>> = { ...exports };
  const functions = ['abi', 'address', 'size', 'sum', 'unpack'].every((name) => typeof named[name] === 'function');
  return functions && typeof named['memory'] === 'object';
}
