// Loaded before the command with --import: reads of files that fail. FAIL_FROM and FAIL_TO are the bytes that cannot be
// read of any file, FAIL_SINCE the number of the read from which on they fail, FAIL_CODE the system's error.
import { open } from 'node:fs/promises';

const { FAIL_FROM = '0', FAIL_TO = `${Number.MAX_SAFE_INTEGER}`, FAIL_SINCE = '0', FAIL_CODE = 'EIO' } = process.env;
const handle = await open('/dev/null');
const prototype = Object.getPrototypeOf(handle);
await handle.close();

const { read } = prototype;
let count = 0;

/** @param {unknown[]} args buffer, place in it, length, position */
prototype.read = async function (...args) {
  const [, , length = 0, position = 0] = args.map(Number);
  const hit = position < Number(FAIL_TO) && Number(FAIL_FROM) < position + length;
  if (++count < Number(FAIL_SINCE) || !hit) return read.apply(this, args);
  throw Object.assign(new Error(`${FAIL_CODE}: read`), { code: FAIL_CODE, syscall: 'read' });
};
