import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { overlay } from '../../src/api/overlay.ts';
import { openPools } from '../../src/index.ts';
import { NewFolder } from '../../src/node/newFolder.ts';
import { pool, poolImages } from '../tools/images.ts';

let room = '';
beforeAll(() => {
  room = mkdtempSync(join(tmpdir(), 'zfs-uber-killed-'));
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => rmSync(room, { recursive: true, force: true }));

const TXG = 86n;
/** What changes a file, or makes sure that it is on the disk. */
const STEPS = ['write', 'truncate', 'sync'] as const;

/** Has the step of that number end the work, and counts the steps. */
async function endAt(number: number): Promise<() => number> {
  const handle = await open(import.meta.filename);
  // Of all file handles, whoever opens them.
  const steps = Object.getPrototypeOf(handle) as Record<(typeof STEPS)[number], (...args: unknown[]) => unknown>;
  await handle.close();
  let count = 0;
  for (const name of STEPS) {
    const own = steps[name];
    vi.spyOn(steps, name).mockImplementation(function (this: unknown, ...args: unknown[]) {
      if (count++ === number) throw Object.assign(new Error('no more'), { code: 'EIO' });
      return own.apply(this, args);
    });
  }
  return () => count;
}

describe.each(['qcow2', 'copy'] as const)('an overlay as %s whose making ends at any step', (as) => {
  it('is not there under its name, and what is left of it has no manifest', async () => {
    const opened = await openPools(await poolImages(pool('exported')));
    try {
      const make = (output: string) => overlay(opened, { txg: TXG, as, output });
      const whole = join(room, `whole-${as}`);
      const counted = await endAt(-1);
      await make(whole);
      const steps = counted();
      vi.restoreAllMocks();
      expect(readdirSync(whole)).toContain('manifest.json');
      expect(steps).toBeGreaterThan(6);
      for (let number = 0; number < steps; number++) {
        // As if the machine had lost its power there: nobody tidies up.
        vi.spyOn(NewFolder.prototype, 'discard').mockResolvedValue();
        await endAt(number);
        const output = join(room, `cut-${as}-${number}`);
        const ended = await make(output).then(
          () => null,
          (error: unknown) => error,
        );
        vi.restoreAllMocks();
        expect(ended, `step ${number}`).not.toBeNull();
        // The last step makes sure of the name of what is whole.
        if (number < steps - 1) expect(existsSync(output), `step ${number}`).toBe(false);
        const left = readdirSync(room).filter((name) => name.startsWith(`${basename(output)}.`));
        for (const name of left) {
          const files = readdirSync(join(room, name));
          const last = number >= steps - 4;
          if (!last) expect(files, `step ${number}`).not.toContain('manifest.json');
        }
      }
    } finally {
      await opened.close();
    }
  });

  it('leaves nothing at all where the program itself goes on', async () => {
    await endAt(5);
    const output = join(room, `tidy-${as}`);
    await expect(overlay(await poolImages(pool('exported')), { txg: TXG, as, output })).rejects.toThrow('no more');
    vi.restoreAllMocks();
    expect(readdirSync(room).filter((name) => name.startsWith('tidy'))).toEqual([]);
  });
});
