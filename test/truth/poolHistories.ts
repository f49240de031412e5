import { type History, POOL, path, type Story, save, specOf, work } from './story.ts';

const again = (options = ''): string[] => ['export', `import ${POOL} % ${options}`];

/** Goes back some txgs. Source: zpool import -T */
const back = ({ draw }: Story): string[] => ['sync', 'export', `import ${POOL} % -${draw.int(2, 6)}`];

const FEATURES = [
  'async_destroy',
  'empty_bpobj',
  'spacemap_histogram',
  'enabled_txg',
  'hole_birth',
  'log_spacemap',
  'device_removal',
  'zpool_checkpoint',
  'spacemap_v2',
];

/** What befalls a pool as a whole, by name. */
export const POOL_HISTORIES: Readonly<Record<string, History>> = {
  plain: (story) => {
    work(story, 20);
    save(story);
    work(story, 20);
  },
  exportImport: (story) => {
    for (let n = story.draw.int(1, 3); n > 0; n--) {
      work(story);
      story.lines.push(...again());
    }
    work(story);
    save(story);
    work(story, 4);
  },
  renamed: (story) => {
    work(story);
    save(story);
    story.lines.push(...again('0 -n=other'));
    work(story);
    save(story);
    work(story, 4);
  },
  checkpoint: (story) => {
    work(story);
    story.lines.push('checkpoint');
    save(story);
    work(story);
    if (story.draw.chance(0.3)) story.lines.push('discard');
    work(story, 3);
  },
  checkpointRewind: (story) => {
    work(story);
    story.lines.push('checkpoint');
    work(story);
    save(story);
    story.lines.push(...again('0 -c'));
    work(story, 4);
    if (story.draw.chance(0.5)) save(story);
    work(story, 4);
  },
  reguid: (story) => {
    work(story);
    save(story);
    story.lines.push('reguid');
    work(story);
  },
  rewind: (story) => {
    work(story);
    story.lines.push(...back(story));
    work(story, 4);
    save(story);
    if (story.draw.chance(0.5)) work(story, 4);
  },
  rewindTwice: (story) => {
    for (let n = 0; n < 2; n++) {
      work(story);
      story.lines.push(...back(story));
      if (story.draw.chance(0.5)) work(story, 3);
      save(story);
    }
  },
  withoutLog: (story) => {
    work(story);
    save(story);
    const log = story.groups.find((group) => group.class === 'log');
    if (log !== undefined) {
      const moved = log.images.map((image) => `sh mv ${path(image)} @/${image}`);
      const home = log.images.map((image) => `sh mv @/${image} ${path(image)}`);
      story.lines.push('export', ...moved, `import ${POOL} % 0 -m`);
      work(story, 4);
      story.lines.push(...(story.draw.chance(0.5) ? ['export', ...home, `import ${POOL} %`] : home));
    }
    work(story, 4);
  },
  destroyedBack: (story) => {
    work(story);
    save(story);
    story.lines.push('destroypool', `import ${POOL} % 0 -D`);
    work(story, 4);
    save(story);
    work(story, 3);
  },
  upgrade: (story) => {
    work(story);
    save(story);
    story.lines.push('upgrade');
    for (const feature of FEATURES) if (story.draw.chance(0.6)) story.lines.push(`feature ${feature}`);
    work(story);
  },
  upgradeSteps: (story) => {
    for (const version of [2, 5, 11, 15, 21, 26, 28].filter(() => story.draw.chance(0.4))) {
      story.lines.push(`prop version ${version}`);
      work(story, 4);
    }
    save(story);
    story.lines.push('upgrade');
    work(story, 4);
    for (const feature of FEATURES) {
      story.lines.push(`feature ${feature}`);
      if (story.draw.chance(0.3)) work(story, 3);
    }
    save(story);
    work(story, 4);
  },
  scrub: (story) => {
    work(story);
    story.lines.push('scrub', 'sync');
    if (story.draw.chance(0.5)) story.lines.push('pause');
    save(story);
    work(story, 6);
  },
  scrubHalfway: (story) => {
    work(story, 12);
    story.lines.push('tun zfs_scan_suspend_progress 1', 'scrub', 'sync 2');
    save(story);
    work(story, 5);
    if (story.draw.chance(0.4)) story.lines.push('stopscan', 'sync');
    story.lines.push('tun zfs_scan_suspend_progress 0');
    work(story, 5);
  },
};

/** What ends a pool, so that nothing comes after it, by name. */
export const LAST_HISTORIES: Readonly<Record<string, History>> = {
  destroyed: (story) => {
    work(story, 14);
    save(story);
    story.lines.push('destroypool');
  },
  exported: (story) => {
    work(story, 14);
    save(story);
    work(story, 4);
    story.lines.push('export');
  },
  /** Synchronous writes that no txg has yet. */
  intentLog: (story) => {
    work(story, 10);
    story.lines.push(`zil ${POOL}/z ${story.draw.int(3, 30)}`);
    if (story.draw.chance(0.5)) work(story, 3);
    save(story);
    story.lines.push(`zil ${POOL}/y ${story.draw.int(3, 30)}`);
  },
  recreate: (story) => {
    work(story);
    story.lines.push(story.draw.one(['export', 'destroypool']));
    story.lines.push(`create ${POOL} ${story.options.join(' ')} ${specOf(story.layout)}`);
    work(story, 14);
    save(story);
    work(story, 4);
  },
  recreateOther: (story) => {
    work(story, 14);
    save(story);
    story.lines.push('export', `create other ashift=${story.draw.int(9, 13)} ${specOf(story.layout)}`);
    work(story, 6);
  },
  recreatePart: (story) => {
    work(story, 14);
    save(story);
    const images = [...new Set(story.layout.groups.flatMap((group) => group.images))];
    const part = images.slice(0, Math.max(1, images.length - 1));
    story.lines.push(story.draw.one(['export', 'destroypool']));
    story.lines.push(`create other ashift=${story.draw.int(9, 13)} ${part.map(path).join(' ')}`);
    work(story, 4);
    if (story.draw.chance(0.5)) story.lines.push(story.draw.one(['export', 'destroypool']));
  },
};
