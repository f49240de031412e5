import { describe, expect, it } from 'vitest';
import type { PoolState } from '../../src/format/labelConfig.ts';
import type { VdevConfig } from '../../src/format/vdevConfig.ts';
import { RELEASE_RULES } from '../../src/load/releaseRules.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import type { Finding } from '../../src/rewind/findings/finding.ts';
import { scanPools } from '../../src/rewind/scanPools.ts';
import { device, vdev } from '../pool/surveys.ts';
import { said } from './said.ts';

const leaves = (...guids: readonly bigint[]): VdevConfig[] => guids.map((guid) => vdev(guid));
const mirror = (id: number, children: readonly VdevConfig[]) =>
  vdev(BigInt(90 + id), { type: 'mirror', id, path: null, children });
const raidz = (id: number, children: readonly VdevConfig[]) =>
  vdev(BigInt(90 + id), { type: 'raidz', nparity: 1, id, path: null, children });

/** The devices of those vdevs that are not in `without`, all with a heartbeat. */
function devices(tops: readonly VdevConfig[], without: readonly bigint[], state: PoolState = 'active'): DeviceSurvey[] {
  return tops.flatMap((tree) =>
    tree.children
      .filter(({ guid }) => !without.includes(guid))
      .map(({ guid }) =>
        device({
          ...{ name: `d${guid}`, guid, tree, more: { state, vdevChildren: tops.length } },
          uberblocks: [{ txg: 9n, sequence: 0 }],
        }),
      ),
  );
}

async function multihost(given: readonly DeviceSurvey[]): Promise<Finding | undefined> {
  const { judgements } = await scanPools(given, () => null, { depth: 'labels' });
  return judgements[0]?.findings.find(({ code }) => code === 'multihost');
}

const lacking = async (given: readonly DeviceSurvey[]): Promise<unknown> => {
  const finding = await multihost(given);
  if (finding?.code !== 'multihost' || finding.values.seen !== 'protection') throw new Error('no multihost');
  return finding.values.claim?.lacking.map(({ guid }) => guid);
};

describe('the claim that an import makes of a pool with multihost', () => {
  it('is told with its releases: read-only it always fails, -F stops, and what works', async () => {
    const finding = await multihost(devices([mirror(0, leaves(1n, 2n))], []));
    expect(finding).toMatchObject({
      severity: 'warning',
      values: {
        claim: { releases: RELEASE_RULES['multihost-claim'].holds, seconds: 20, exported: false, lacking: [] },
      },
    });
    expect(said(finding)).toMatch(
      /Without -T, OpenZFS 2\.3\.6-2\.3\.9, 2\.4\.1-2\.4\.4 watches the pool for 20 s .* on the host that had it too, .* -o readonly=on the import always fails, .*; once refused, -F goes on to no older txg\. The commands with -F -T/,
    );
  });

  it('is refused for a leg of a mirror that is not there, which is named', async () => {
    const given = devices([mirror(0, leaves(1n, 2n))], [2n]);
    expect(await lacking(given)).toEqual([2n]);
    expect(said(await multihost(given))).toContain('refused (EREMOTEIO), as the claim has to reach /v/2 too');
  });

  it('does without a leg that the labels keep offline', async () => {
    expect(await lacking(devices([mirror(0, [vdev(1n), vdev(2n, { offline: true })])], [2n]))).toEqual([]);
  });

  it('wants one leaf more of a raidz than its parity, and counts those to spare for the others', async () => {
    expect(await lacking(devices([raidz(0, leaves(1n, 2n, 3n))], [3n]))).toEqual([]);
    const both = [mirror(0, leaves(1n, 2n)), raidz(1, leaves(3n, 4n, 5n))];
    expect(await lacking(devices(both, [2n]))).toEqual([]);
    expect(await lacking(devices(both, [2n, 5n]))).toEqual([2n, 5n]);
  });

  it('is not made on the host that exported the pool, nor of one that was destroyed', async () => {
    const tops = [mirror(0, leaves(1n, 2n))];
    const exported = await multihost(devices(tops, [], 'exported'));
    expect(exported).toMatchObject({ severity: 'info', values: { claim: { exported: true } } });
    expect(said(exported)).toContain('on any host but the one that exported it');
    expect(await multihost(devices(tops, [], 'destroyed'))).toMatchObject({ values: { claim: null } });
  });
});
