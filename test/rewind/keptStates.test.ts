import { describe, expect, it } from 'vitest';
import { pool as fixture } from '../tools/images.ts';
import { said } from './said.ts';
import { scanFixture } from './scanned.ts';

const messages = async (name: string, code: string) => {
  const { scan, devices } = await scanFixture(fixture(name));
  const findings = scan.judgements.flatMap((judgement) => judgement.findings.filter((each) => each.code === code));
  return findings.map((finding) => ({
    severity: finding.severity,
    message: said(finding),
    devices: finding.devices.map((device) => devices.indexOf(device)),
  }));
};

describe('a state that the labels keep', () => {
  it('is named with its device and its cause where it keeps the pool from importing', async () => {
    const [found, ...more] = await messages('forced-offline-top', 'device-faulted');
    expect(more).toEqual([]);
    expect(found).toMatchObject({ severity: 'error', devices: [2] });
    expect(found?.message).toMatch(
      /e3\.img \(guid 4063501803451515550\) was faulted with zpool offline -f\. .*\(degraded 1, aux_state external\).* Nothing replaces it/,
    );
  });

  it('is a warning where redundancy does without', async () => {
    const [found] = await messages('offline-leg', 'device-offline');
    expect(found).toMatchObject({ severity: 'warning', devices: [1] });
    expect(found?.message).toMatch(/of mirror-0 was taken offline with zpool offline\..*Redundancy does without it\./);
  });
});
