import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../src/pool/blockRead.ts';
import { MirrorLayout } from '../../src/pool/mirror.ts';
import { type BlockTask, NoLayout } from '../../src/pool/vdevLayout.ts';
import { SourceError } from '../../src/source/source.ts';

/** A read of a mirror of so many legs of which none is there. */
async function attemptsOf(legs: readonly NoLayout[]): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  const task = { attempts, scrub: false, signal: undefined } as unknown as BlockTask;
  expect(await new MirrorLayout('mirror-0', legs).read(0, 512, task)).toBeNull();
  return attempts;
}

const absent = (count: number) => Array.from({ length: count }, (_, i) => new NoLayout(`disk-${i}`, null));
const UNREADABLE = new SourceError('EIO', 'no answer', { source: 'disk', offset: 0, path: [] });

describe('a block of a vdev of which a forged label lists a thousand children', () => {
  it('keeps what became of the first that are not there, and not of each', async () => {
    expect(await attemptsOf(absent(1000))).toHaveLength(128);
    expect(await attemptsOf(absent(20))).toHaveLength(20);
  });

  it('still says of every one that is there and fails that it does', async () => {
    const outcomes = (await attemptsOf([...absent(500), new NoLayout('last', UNREADABLE)])).map(
      ({ outcome }) => outcome,
    );
    expect(outcomes).toContain('unreadable');
  });
});
