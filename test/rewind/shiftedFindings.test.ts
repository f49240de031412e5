import { describe, expect, it } from 'vitest';
import { stepLines } from '../../src/document/shell/stepLines.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { DeviceShift, DeviceSurvey } from '../../src/pool/survey.ts';
import { shiftedDevices } from '../../src/rewind/findings/shifted.ts';
import { device, vdev } from '../pool/surveys.ts';
import { said } from './said.ts';

const MIB = 1024 * 1024;

/** One vdev of 64 MiB in a path of 80 MiB, or one of two legs. */
function shifted(shift: Partial<DeviceShift>, { type = 'disk', legs = 1 } = {}): DeviceSurvey[] {
  const leaves = Array.from({ length: legs }, (_, i) => vdev(BigInt(10 + i), { type }));
  const [only] = leaves;
  const tree = legs === 1 && only !== undefined ? only : vdev(9n, { type: 'mirror', children: leaves });
  return leaves.map(({ guid }, i) => {
    const survey = device({ name: `d${i}`, guid, tree, uberblocks: [{ txg: 5n }] });
    if (i > 0) return survey;
    return {
      ...survey,
      shift: { path: 'd0', pathSize: 80 * MIB, start: 0, expected: 0, expectedBy: null, inPartition: false, ...shift },
    };
  });
}

function findingOf(devices: readonly DeviceSurvey[]) {
  const [pool] = assemblePools(devices).pools;
  if (pool === undefined) throw new Error('no pool');
  const nothing = {
    candidates: [],
    judged: [],
    best: null,
    stopped: [],
    cut: null,
    overlaps: [],
    facts: null,
    checkpoint: null,
  };
  const placeOf = ({ shift, source }: DeviceSurvey) => {
    const part = { start: shift?.start ?? 0, size: source.size };
    return { path: `/e/${shift?.path ?? source.name}`, kind: 'file' as const, part, image: null, name: 'zu-d0' };
  };
  return shiftedDevices({ pool, ...nothing, placeOf })[0];
}

const commandOf = (devices: readonly DeviceSurvey[]): string =>
  (findingOf(devices)?.steps ?? [])
    .filter(({ kind }) => kind !== 'read-part')
    .flatMap(stepLines)
    .join('\n');

describe('the finding about a vdev that is elsewhere', () => {
  it('is not made of a vdev in its place', () => {
    expect(findingOf([device({ name: 'd0', guid: 1n, tree: vdev(1n) })])).toBeUndefined();
  });

  it('is an error where the pool needs the device, a warning where redundancy does without', () => {
    expect(findingOf(shifted({ start: MIB }))).toMatchObject({ code: 'device-shifted', severity: 'error' });
    expect(findingOf(shifted({ start: MIB }, { legs: 2 }))?.severity).toBe('warning');
  });

  it('shows a disk by a read-only loop device, what is cut off in front by zeros', () => {
    const reads = (findingOf(shifted({ start: 63 * 512 }))?.steps ?? []).filter(({ kind }) => kind === 'read-part');
    expect(reads.flatMap(stepLines)).toEqual(['zfs-uber labels /e/d0@32256+67108864']);
    expect(commandOf(shifted({ start: 63 * 512 }))).toBe(
      'ln -s "$(losetup -r -f --show -o 32256 --sizelimit 67108864 /e/d0)" /run/zu-d0',
    );
    expect(commandOf(shifted({ start: -MIB }))).toBe(
      `printf '0 2048 zero\\n2048 129024 linear %s 0\\n' "$(losetup -r -f --show -o 0 --sizelimit 66060288 /e/d0)" | dmsetup create -r zu-d0`,
    );
    expect(commandOf(shifted({ start: -777 }))).toContain('oflag=seek_bytes seek=777');
  });

  it('makes a file of what was a file, since OpenZFS opens it as nothing else', () => {
    expect(commandOf(shifted({ start: 1000 }, { type: 'file' }))).toBe(
      'dd if=/e/d0 of=/var/tmp/zu-d0 bs=1M iflag=skip_bytes,count_bytes skip=1000 count=67108864 conv=sparse,notrunc && truncate -s 67108864 /var/tmp/zu-d0',
    );
  });

  it('tells what moved by where it begins', () => {
    const says = (shift: Partial<DeviceShift>) => said(findingOf(shifted(shift)));
    expect(says({ start: 2048 * 512 })).toContain('partition table is lost');
    expect(says({ start: 4096, expected: 2048 * 512, expectedBy: 'partition 2', inPartition: true })).toContain(
      '2040 sectors) before the start of partition 2',
    );
    expect(says({ start: 2056 * 512, expected: 2048 * 512, expectedBy: 'partition 2', inPartition: true })).toContain(
      'written anew',
    );
    expect(says({ start: 1234 })).toContain('put in front');
    expect(says({ start: -4096 })).toContain('its first 4096 bytes are not there');
    expect(says({ start: 0 })).toContain('the disk grew');
    expect(says({ start: 0, pathSize: 64 * MIB + 100, expected: 512, expectedBy: 'd0@512' })).toContain('give that');
  });

  it('doubts a vdev whose labels are not all where its start has them', () => {
    const [sound] = shifted({ start: MIB });
    expect(sound === undefined ? '' : said(findingOf([sound]))).not.toContain('stored inside another pool');
    const labels = sound?.labels.map((label, i) => (i === 0 ? label : { ...label, status: 'empty' as const })) ?? [];
    expect(sound === undefined ? '' : said(findingOf([{ ...sound, labels }]))).toContain('stored inside another pool');
  });
});
