import type { LabelConfig } from '../../format/labelConfig.ts';
import { hasSoundLabel, hasUnreadableLabel } from '../../load/usableLeaves.ts';
import { decidingConfig } from '../../pool/deviceOrder.ts';
import type { Pool } from '../../pool/pool.ts';
import { otherNameOf } from '../../pool/speakingLabel.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { leavesOf, vdevHealth } from '../../pool/vdevHealth.ts';
import type { Evidence, Finding } from './finding.ts';
import type { LabelStory, PlaceClaim } from './values/labels.ts';

/** Of four labels OpenZFS needs one; each that is gone is one less between the disk and being unknown. */
export function lostLabels({ pool }: Evidence): Finding[] {
  return pool.devices.flatMap((device): Finding[] => {
    const lost = device.labels.filter(({ status }) => status !== 'ok');
    if (lost.length === 0) return [];
    const outcome = hasUnreadableLabel(device) ? 'passed-over' : hasSoundLabel(device) ? 'enough' : 'not-opened';
    // One reason with its offset: the others mostly differ in the offset alone, and labels and --json have them all.
    const why = lost.find(({ status }) => status === 'malformed' || status === 'unreadable')?.trouble?.message;
    return [
      {
        code: 'label-lost',
        severity: outcome === 'enough' ? 'warning' : 'error',
        values: {
          device: device.source.name,
          labels: lost.map(({ index, status, config }) => ({ label: index, status, decodes: config !== null })),
          why: why ?? null,
          left: 4 - lost.length,
          outcome,
        },
        devices: [device],
      },
    ];
  });
}

/** Labels of one device that tell different stories, and devices of one top-level vdev that do. */
export function disagreeingLabels({ pool }: Evidence): Finding[] {
  return [...memberDevices(pool).flatMap((device) => differsWithin(device, pool)), ...differingDevices(pool)];
}

function differsWithin(device: DeviceSurvey, pool: Pool): Finding[] {
  const stories = new Map<string, LabelStory & { readonly labels: number[] }>();
  for (const { status, config, index } of device.labels) {
    if (status !== 'ok' || config === null || config.poolGuid !== pool.guid) continue;
    const known = stories.get(keyOf(config));
    if (known === undefined) stories.set(keyOf(config), { ...storyOf(config), labels: [index] });
    else known.labels.push(index);
  }
  if (stories.size < 2) return [];
  const values = { within: 'device', device: device.source.name, stories: [...stories.values()] } as const;
  return [{ code: 'labels-disagree', severity: 'warning', values, devices: [device] }];
}

function differingDevices(pool: Pool): Finding[] {
  return (pool.root?.children ?? []).flatMap((top): Finding[] => {
    const stories = new Map<string, LabelStory & { readonly devices: DeviceSurvey[] }>();
    for (const { device } of leavesOf(top)) {
      const config = device === null ? null : decidingConfig(device);
      if (device === null || config === null) continue;
      const known = stories.get(keyOf(config));
      if (known === undefined) stories.set(keyOf(config), { ...storyOf(config), devices: [device] });
      else known.devices.push(device);
    }
    if (stories.size < 2) return [];
    const told = [...stories.values()];
    const named = told.map((each) => ({ ...each, devices: each.devices.map(({ source }) => source.name) }));
    return [
      {
        code: 'labels-disagree',
        severity: 'warning',
        values: { within: 'vdev', vdev: top.config.id, stories: named },
        devices: told.flatMap(({ devices }) => devices),
      },
    ];
  });
}

/**
 * Devices whose labels put another vdev where the tree has the one that newer labels tell of, as from before a disk
 * became a mirror. `zpool import` takes the one that it comes to last; devices that the other has are then opened where
 * the pool's own config says that they lie.
 *
 * Source: lib/libzutil/zutil_import.c, get_configs; module/zfs/vdev.c, vdev_copy_path_relaxed
 */
export function placesClaimedTwice({ pool }: Evidence): Finding[] {
  return (pool.root?.children ?? []).flatMap((top): Finding[] => {
    const followed: DeviceSurvey[] = [];
    const older: DeviceSurvey[] = [];
    for (const { device } of leavesOf(top)) {
      const claim = device === null ? null : (decidingConfig(device)?.topGuid ?? null);
      if (device !== null && claim !== null) (claim === top.config.guid ? followed : older).push(device);
    }
    if (followed.length === 0 || older.length === 0) return [];
    const paths = [...leavesOf(top)].flatMap(({ device, config }) =>
      device !== null && followed.includes(device) && config.path !== null ? [config.path] : [],
    );
    const values = { place: top.config.id, followed: claimOf(followed), older: claimOf(older), paths };
    return [{ code: 'place-claimed-twice', severity: 'warning', values, devices: older }];
  });
}

function claimOf(devices: readonly DeviceSurvey[]): PlaceClaim {
  const configs = devices.flatMap((device) => decidingConfig(device) ?? []);
  return {
    devices: devices.map(({ source }) => source.name),
    vdev: configs[0]?.vdevTree?.type ?? 'vdev',
    written: configs.reduce<bigint | null>(
      (newest, { txg }) => (txg !== null && txg > (newest ?? 0n) ? txg : newest),
      null,
    ),
  };
}

/** Devices that know the pool by another name, as from before it was renamed: an import by name leaves them out. */
export function otherNames({ pool }: Evidence): Finding[] {
  const called = new Map<string, DeviceSurvey[]>();
  for (const device of memberDevices(pool)) {
    const name = otherNameOf(pool, device);
    if (name !== null) called.set(name, [...(called.get(name) ?? []), device]);
  }
  const leftOut = new Set([...called.values()].flat());
  const opens = (pool.root?.children ?? []).every(
    (top) =>
      vdevHealth(top) === 'missing' ||
      vdevHealth(top, ({ device }) => device !== null && !leftOut.has(device)) !== 'missing',
  );
  return [...called].map(
    ([name, devices]): Finding => ({
      code: 'device-other-name',
      severity: opens ? 'info' : 'warning',
      values: { devices: devices.map(({ source }) => source.name), called: name, pool: pool.name, opens },
      devices,
    }),
  );
}

const storyOf = ({ name, txg, state }: LabelConfig): LabelStory => ({ pool: name, state, written: txg });
const keyOf = ({ name, txg, state }: LabelConfig): string => `${state} ${txg} ${name}`;

/**
 * A plain import and `-F` want a label that is not newer than the uberblock; `-T` does without.
 *
 * Source: module/zfs/vdev_label.c, vdev_label_read_config
 */
export function newerLabels({ pool, candidates }: Evidence): Finding[] {
  const newest = candidates.find(({ taken }) => taken);
  let written = 0n;
  let device: DeviceSurvey | null = null;
  for (const each of memberDevices(pool)) {
    const txg = decidingConfig(each)?.txg ?? 0n;
    if (txg > written) [written, device] = [txg, each];
  }
  if (newest === undefined || device === null) return [];
  const older = candidates.filter(({ txg }) => txg < written);
  if (older.length === 0) return [];
  const lost = written > newest.txg;
  return [
    {
      code: 'label-newer-than-uberblock',
      severity: lost ? 'warning' : 'info',
      values: { written, device: device.source.name, newest: newest.txg, older: older.length },
      devices: lost ? [device] : [],
    },
  ];
}

function memberDevices(pool: Pool): DeviceSurvey[] {
  if (pool.root === null) return [];
  return [...leavesOf(pool.root)].flatMap(({ device }) => (device === null ? [] : [device]));
}
