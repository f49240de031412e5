import { describe, expect, it } from 'vitest';
import { stepLines } from '../../src/document/shell/stepLines.ts';
import { pool as fixture } from '../tools/images.ts';
import { said } from './said.ts';
import { scanFixture } from './scanned.ts';

describe('a vdev that ends before its device, with an older pool behind', () => {
  const scanned = scanFixture(fixture('old-labels-behind'), 'meta').then(({ scan }) => scan.judgements[0]);

  it('has the candidates of its own pool alone', async () => {
    const judgement = await scanned;
    expect(judgement?.candidates.map(({ candidate }) => candidate.txg).every((txg) => txg <= 45n)).toBe(true);
    expect(judgement?.recommendation).toBeNull();
  });

  it('imports once cut to its end: to how many bytes, and at which txg', async () => {
    const { cut, findings } = (await scanned) ?? { cut: null, findings: [] };
    expect(cut?.cuts).toMatchObject([{ size: 67108864, type: 'file' }]);
    expect(cut?.best?.candidate.txg).toBe(14n);
    const [found] = findings.filter(({ code }) => code === 'foreign-pool');
    expect(found?.severity).toBe('error');
    expect(said(found)).toMatch(/labels 2-3 of pool oldpool .* it was on the device before tank/);
    expect(said(found)).toContain('a copy that ends there. Then txg 14 imports.');
    const [copy, read] = found?.steps ?? [];
    expect(copy && stepLines(copy)).toEqual([
      expect.stringMatching(/^dd if=.* && truncate -s 67108864 \/var\/tmp\/zu-d0$/),
    ]);
    expect(read).toMatchObject({ command: expect.arrayContaining(['-d', '/var/tmp/zu-d0', '-T', '14']) });
  });
});
