import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/**
 * Runs the real zdb on the pool that stands on `images`, exported: `zdb -e -p DIR ...args`.
 *
 * @returns what it printed, as bytes: a block is printed raw
 */
export async function zdbOn(zdb: string, images: readonly string[], args: readonly string[]): Promise<Buffer> {
  const dir = mkdtempSync(join(tmpdir(), 'zfs-uber-zdb-'));
  try {
    for (const image of images) symlinkSync(image, join(dir, basename(image)));
    return await new Promise((resolve, reject) => {
      const options = { maxBuffer: 64 * 1024 * 1024, encoding: 'buffer', timeout: 60_000 } as const;
      // Its status is not 0 as soon as it disagrees with any part of a pool.
      execFile(zdb, ['-e', '-p', dir, ...args], options, (error, stdout) => {
        if (stdout.length === 0) reject(error ?? new Error(`zdb ${args.join(' ')} printed nothing`));
        else resolve(stdout);
      });
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
}
