import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readBuilt } from './addon.ts';

/** Beside the folder of the program, and beside that of the sources. */
const PLACES = ['../native/zfs-uber.wasm', '../../native/zfs-uber.wasm'];

/**
 * How to read the WebAssembly, which throws an Error where it is not what was built; null where it is not there. An executable has it in itself (bin/executable.js).
 */
export function wasmFile(): (() => Uint8Array) | null {
  const here = import.meta.url;
  // What bundles this may leave no trace of where it lies.
  if (!here) return null;
  const file = PLACES.map((place) => fileURLToPath(new URL(place, here))).find((path) => existsSync(path));
  return file === undefined ? null : () => readBuilt(file);
}
