import type { LabelConfig } from '../../format/labelConfig.ts';
import { hasSoundLabel, hasUnreadableLabel } from '../../load/usableLeaves.ts';
import { decidingConfig } from '../../pool/deviceOrder.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DeviceSurvey, LabelSurvey } from '../../pool/survey.ts';
import { leavesOf } from '../../pool/vdevHealth.ts';
import { count, type Evidence, type Finding, list, several } from './finding.ts';

/** Of four labels OpenZFS needs one; each that is gone is one less between the disk and being unknown. */
export function lostLabels({ pool }: Evidence): Finding[] {
  return pool.devices.flatMap((device) => {
    const lost = device.labels.filter(({ status }) => status !== 'ok');
    if (lost.length === 0) return [];
    const passedOver = hasUnreadableLabel(device);
    const none = !hasSoundLabel(device);
    const rest = passedOver
      ? 'One label that gives a read error is enough for zpool import to pass the whole device over: copy it to a sound one (ddrescue writes zeros where it cannot read) and import from the copy.'
      : none
        ? 'No label is left that OpenZFS accepts: it will not open this device.'
        : `${count(4 - lost.length, 'label')} of 4 left, which is enough to import; OpenZFS writes the others anew.`;
    const states = new Map<string, number[]>();
    for (const label of lost) states.set(describe(label), [...(states.get(describe(label)) ?? []), label.index]);
    const told = [...states].map(([state, labels]) => `${several('label', labels)}: ${state}`);
    // One reason with its offset: the others mostly differ in the offset alone, and labels and --json have them all.
    const why = lost.find(({ status }) => status === 'malformed' || status === 'unreadable')?.trouble?.message;
    return [
      {
        code: 'label-lost',
        severity: none || passedOver ? ('error' as const) : ('warning' as const),
        message: `${device.source.name}: ${list(told)}${why === undefined ? '' : ` (${why})`}. ${rest}`,
        devices: [device],
      },
    ];
  });
}

const describe = ({ status, config }: LabelSurvey): string =>
  ({
    ok: 'sound',
    'bad-checksum':
      config === null ? 'checksum fails, content is no label' : 'checksum fails, though the content is a label',
    empty: 'empty',
    malformed: 'checksum holds, content is no label',
    unreadable: 'cannot be read',
    absent: 'beyond the end of the source',
  })[status];

/** Labels of one device that tell different stories, and devices of one top-level vdev that do. */
export function disagreeingLabels({ pool }: Evidence): Finding[] {
  const findings: Finding[] = [];
  const inTree = memberDevices(pool);
  for (const device of inTree) {
    const stories = new Map<string, number[]>();
    for (const { status, config, index } of device.labels) {
      if (status !== 'ok' || config === null || config.poolGuid !== pool.guid) continue;
      stories.set(story(config), [...(stories.get(story(config)) ?? []), index]);
    }
    if (stories.size < 2) continue;
    const told = [...stories].map(([text, labels]) => `${several('label', labels)}: ${text}`);
    findings.push({
      code: 'labels-disagree',
      severity: 'warning',
      message: `${device.source.name}: its labels differ: ${told.join('; ')}. The newest was followed.`,
      devices: [device],
    });
  }
  for (const top of pool.root?.children ?? []) {
    const told = new Map<string, DeviceSurvey[]>();
    for (const { device } of leavesOf(top)) {
      const config = device === null ? null : decidingConfig(device);
      if (device === null || config === null) continue;
      const text = story(config);
      told.set(text, [...(told.get(text) ?? []), device]);
    }
    if (told.size < 2) continue;
    const parts = [...told].map(([text, devices]) => `${devices.map(({ source }) => source.name).join(', ')}: ${text}`);
    findings.push({
      code: 'labels-disagree',
      severity: 'warning',
      message: `The devices of top-level vdev ${top.config.id ?? '?'} tell different stories: ${parts.join('; ')}. The newest was followed.`,
      devices: [...told.values()].flat(),
    });
  }
  return findings;
}

/** What has to be the same in labels that were written together. */
const story = ({ name, txg, state }: LabelConfig): string =>
  `pool ${name ?? 'without name'}, ${state}, written at txg ${txg ?? 'unknown'}`;

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
  const blocks = 'a plain import and -F refuse them, the commands given here (-F -T) do not';
  const lost = written > newest.txg;
  return [
    {
      code: 'label-newer-than-uberblock',
      severity: lost ? 'warning' : 'info',
      message: lost
        ? `The label of ${device.source.name} was written at txg ${written}, but the newest uberblock found is of txg ${newest.txg}: newer ones were lost. All txgs found are older than that label: ${blocks}.`
        : `${count(older.length, 'txg')} ${older.length === 1 ? 'is' : 'are'} older than the labels, which were last written at txg ${written}: ${blocks}.`,
      devices: lost ? [device] : [],
    },
  ];
}

function memberDevices(pool: Pool): DeviceSurvey[] {
  if (pool.root === null) return [];
  return [...leavesOf(pool.root)].flatMap(({ device }) => (device === null ? [] : [device]));
}
