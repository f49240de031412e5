// Loaded before the command with --import: reads of files that fail. FAIL_FROM and FAIL_TO are the bytes that cannot be
// read of any file, FAIL_SINCE the number of the read from which on they fail, FAIL_CODE the system's error.
import fs from 'node:fs';

const { FAIL_FROM = '0', FAIL_TO = `${Number.MAX_SAFE_INTEGER}`, FAIL_SINCE = '0', FAIL_CODE = 'EIO' } = process.env;
const { read } = fs;
let count = 0;

/** @typedef {(error: NodeJS.ErrnoException | null, bytesRead: number, buffer: Uint8Array) => void} Done */

/** @param {number} fd @param {Uint8Array} buffer @param {number} at @param {number} length @param {number} position @param {Done} done */
function failingRead(fd, buffer, at, length, position, done) {
  const hit = position < Number(FAIL_TO) && Number(FAIL_FROM) < position + length;
  if (++count < Number(FAIL_SINCE) || !hit) {
    read(fd, buffer, at, length, position, done);
    return;
  }
  const error = Object.assign(new Error(`${FAIL_CODE}: read`), { code: FAIL_CODE, syscall: 'read' });
  setImmediate(() => done(error, 0, buffer));
}

fs.read = Object.assign(failingRead, read);
