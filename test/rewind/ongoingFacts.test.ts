import { describe, expect, it } from 'vitest';
import type { OngoingFacts } from '../../src/rewind/facts/ongoingFacts.ts';
import type { JudgedCandidate } from '../../src/rewind/judgedCandidate.ts';
import { ongoingCautions } from '../../src/rewind/stateCautions.ts';
import { cautionText } from '../../src/words/cautions.ts';
import { pool } from '../tools/images.ts';
import { scanFixture } from './scanned.ts';

const recommendationOf = async (name: string) =>
  (await scanFixture(pool(name), 'mos')).scan.judgements[0]?.recommendation ?? null;

describe('what an import goes on with', () => {
  it('is told of a spare that stands in', async () => {
    const cautions = (await recommendationOf('draid-spare-two-lost'))?.cautions.map(cautionText).join('\n');
    expect(cautions).toMatch(/The hot spare draid1-0-0 stands in for .*: a read-write import resilvers on/);
  });

  it('has keys to load first where a dataset is encrypted, and none elsewhere', async () => {
    for (const [name, encrypted] of [
      ['encrypted-lying', true],
      ['lying-single', false],
    ] as const) {
      const step = (await recommendationOf(name))?.steps.find(({ kind }) => kind === 'copy-out');
      expect(step).toMatchObject({ encrypted });
    }
  });

  it('is said only of what a read-write import can do', () => {
    const ongoing: OngoingFacts = {
      encrypted: false,
      removing: 'mirror-1 (/dev/sdc, ...)',
      substitutes: [{ kind: 'replacing', of: '/dev/sda', by: '/dev/sdb', guids: null }],
      unlabelled: ['/dev/sdd'],
    };
    const judged = (verdict: 'importable' | 'readonly') =>
      ({ commands: { pool: 'tank' }, prediction: { verdict } }) as JudgedCandidate;
    expect(ongoingCautions(ongoing, judged('importable')).map(cautionText)).toEqual([
      expect.stringContaining('older than the zpool add of /dev/sdd'),
      expect.stringContaining('mirror-1 (/dev/sdc, ...) is being removed'),
      expect.stringContaining('/dev/sdb is taking the place of /dev/sda'),
    ]);
    expect(ongoingCautions(ongoing, judged('readonly'))).toHaveLength(1);
    expect(ongoingCautions(null, judged('importable'))).toEqual([]);
  });
});
