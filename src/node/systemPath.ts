import { readFileSync } from 'node:fs';
import { bytesOfFileName, fileNameOf, hasRawBytes } from '../bytes/fileName.ts';

/** What the system is to be asked for: text, or the bytes of a path that is no UTF-8. */
export const systemPath = (path: string): string | Buffer =>
  hasRawBytes(path) ? Buffer.from(bytesOfFileName(path)) : path;

/** What Node puts in place of bytes that are no UTF-8. */
const LOST = '\ufffd';

/** Whether Node may have lost bytes of this name. */
export const mayBeLossy = (name: string): boolean => name.includes(LOST);

/**
 * `process.argv` without Node and the script, with the bytes that Node has replaced: Linux still has them.
 *
 * Source: proc_pid_cmdline(5)
 */
export function commandLine(): string[] {
  const words = process.argv.slice(2);
  if (!words.some(mayBeLossy)) return words;
  try {
    const raw = readFileSync('/proc/self/cmdline');
    const found: string[] = [];
    for (let at = 0; at < raw.length; ) {
      const end = raw.indexOf(0, at);
      found.push(fileNameOf(raw.subarray(at, end < 0 ? raw.length : end)));
      at = end < 0 ? raw.length : end + 1;
    }
    return words.length === 0 ? [] : found.slice(-words.length);
  } catch {
    // Another system: such a file is reached by its directory.
    return words;
  }
}
