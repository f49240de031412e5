// What the worker has in place of Node's modules: bin/browserPages.js puts this file where they are imported. No file is
// opened through them, files are those that were dropped; what else there is of Node is never reached in a browser.
import { sha256 } from '@noble/hashes/sha2.js';

export const constants = {};
export const existsSync = (): boolean => false;
export const readFileSync = (): never => {
  throw new Error('a browser has no such file');
};
/** Of `node:util`: of functions that are not there. */
export const promisify = () => readFileSync;
export const availableParallelism = (): number => 1;

/** A path as it was dropped: a command with it works in the folder that has the file. */
export const resolve = (path: string): string => (path.startsWith('/') ? path : `./${path}`);

/** Of `node:timers/promises`. */
export const setTimeout = (milliseconds: number): Promise<void> =>
  new Promise((done) => {
    globalThis.setTimeout(done, milliseconds);
  });

/** Of `node:crypto`; the one algorithm that is asked for. */
export const createHash = (_: 'sha256') => sha256.create();

Object.assign(globalThis, {
  process: { env: {}, argv: [], platform: 'browser', versions: {}, getBuiltinModule: () => ({ createHash }) },
  Buffer: { allocUnsafeSlow: (length: number) => new Uint8Array(length) },
  setImmediate: (work: () => void) => globalThis.setTimeout(work, 0),
});
