import {
  another,
  anyDevice,
  exchange,
  type History,
  mirrors,
  path,
  redundantDevice,
  type Story,
  save,
  work,
} from './story.ts';

/** Does `lines` with a device of a redundant vdev, between work, with states kept in between. */
const toDevice =
  (...steps: ((image: string, story: Story) => string)[]): History =>
  (story) => {
    const image = redundantDevice(story);
    for (const step of steps) {
      work(story);
      if (story.draw.chance(0.5)) save(story);
      if (image !== null) story.lines.push(step(path(image), story));
    }
    work(story);
  };

const toAny =
  (word: string): History =>
  (story) => {
    work(story);
    save(story);
    story.lines.push(`${word} ${path(anyDevice(story))}`);
    work(story, 3);
  };

/** To a log, special or dedup vdev. */
const toClass =
  (...words: string[]): History =>
  (story) => {
    work(story);
    save(story);
    const groups = story.groups.filter((group) => group.class !== '');
    if (groups.length > 0) {
      const { images } = story.draw.one(groups);
      story.lines.push(`${story.draw.one(words)} ${path(story.draw.one(images))}`);
    }
    work(story);
    save(story);
    work(story, 3);
  };

/** Puts a spare in the place of a device that fails. @returns both; null where there is no spare */
function useSpare(story: Story): { readonly image: string; readonly spare: string } | null {
  const draid = story.groups.findIndex(({ kind }) => kind.startsWith('draid'));
  const { kind, images } = story.groups[draid] ?? { kind: '', images: [] };
  // Named by parity, top-level vdev and number: `draid2-0-0`.
  const spares = [...story.layout.spares.map(path), ...(draid < 0 ? [] : [`${kind.slice(0, 6)}-${draid}-0`])];
  const image = draid < 0 ? redundantDevice(story) : story.draw.one(images);
  if (image === null || spares.length === 0) return null;
  const spare = story.draw.one(spares);
  story.lines.push(`${story.draw.one(['fault', 'offline', 'fault', 'forced', 'sync'])} ${path(image)}`);
  story.lines.push(`spare ${path(image)} ${spare}`);
  if (story.draw.chance(0.7)) story.lines.push('waitresilver');
  return { image, spare };
}

const withSpare =
  (then: (used: { readonly image: string; readonly spare: string }, story: Story) => void): History =>
  (story) => {
    work(story);
    if (story.draw.chance(0.5)) save(story);
    const used = useSpare(story);
    work(story);
    save(story);
    if (used !== null) then(used, story);
    work(story, 4);
  };

/** What befalls the devices of a pool, by name. */
export const DEVICE_HISTORIES: Readonly<Record<string, History>> = {
  add: (story) => {
    work(story);
    save(story);
    const class_ = story.draw.one(['', '', 'log ', 'special ']);
    const image = another(story);
    story.groups.push({ kind: '', class: class_.trim(), images: [image] });
    story.lines.push(`add ${class_}${path(image)}`);
    work(story);
    save(story);
    work(story, 3);
  },
  addMirror: (story) => {
    work(story);
    save(story);
    const images = [another(story), another(story)];
    story.groups.push({ kind: 'mirror', class: '', images });
    story.lines.push(`add mirror ${images.map(path).join(' ')}`);
    work(story);
  },
  addSpare: (story) => {
    work(story);
    story.lines.push(`add spare ${path(another(story))}`);
    if (story.draw.chance(0.5)) story.lines.push(`add cache ${path(another(story))}`);
    work(story);
    save(story);
  },
  attach: (story) => {
    work(story);
    save(story);
    const group = story.groups.find(({ kind }) => kind === '' || kind === 'mirror');
    const [image] = group?.images ?? [];
    if (image !== undefined) {
      const leg = another(story);
      story.lines.push(`attach ${path(image)} ${path(leg)}`);
      if (story.draw.chance(0.8)) story.lines.push('waitresilver');
      group?.images.push(leg);
    }
    work(story);
    save(story);
    work(story, 3);
  },
  attachDetach: (story) => {
    work(story);
    const group = story.draw.one(story.groups);
    const [image = ''] = group.images;
    const leg = another(story);
    story.lines.push(`attach ${path(image)} ${path(leg)}`, 'waitresilver');
    work(story, 4);
    save(story);
    story.lines.push(`detach ${path(image)}`);
    exchange(story, image, leg);
    work(story, 4);
  },
  detach: (story) => {
    work(story);
    save(story);
    const group = mirrors(story)[0];
    const image = group?.images[1];
    if (image !== undefined && group !== undefined) {
      story.lines.push(`detach ${path(image)}`);
      group.images = group.images.filter((each) => each !== image);
    }
    work(story);
  },
  replace: (story) => {
    work(story);
    save(story);
    const image = anyDevice(story);
    const by = another(story);
    story.lines.push(`replace ${path(image)} ${path(by)}`);
    if (story.draw.chance(0.6)) story.lines.push('waitresilver');
    exchange(story, image, by);
    work(story);
  },
  replaceHalfway: (story) => {
    work(story);
    const image = anyDevice(story);
    const by = another(story);
    story.lines.push('tun zfs_scan_suspend_progress 1');
    story.lines.push(`replace ${path(image)} ${path(by)}`);
    work(story, 4);
    save(story);
    story.lines.push(story.draw.one([`detach ${path(by)}`, `detach ${path(image)}`, 'sync', 'sync']));
    work(story, 4);
    story.lines.push('tun zfs_scan_suspend_progress 0');
  },
  remove: (story) => {
    work(story, 20);
    save(story);
    const top = story.groups.findLast(({ kind, images }) => kind === '' && images.length === 1);
    if (top !== undefined && story.groups.length > 1) {
      const halfway = story.draw.chance(0.3);
      story.lines.push(`tun zfs_removal_suspend_progress ${Number(halfway)}`, `remove ${path(top.images[0] ?? '')}`);
      if (!halfway && story.draw.chance(0.7)) story.lines.push('waitresilver');
      story.groups.splice(story.groups.indexOf(top), 1);
    }
    work(story);
    save(story);
    work(story, 3);
  },
  removeHalfway: (story) => {
    const top = story.groups.findLast(({ kind, images }) => kind === '' && images.length === 1);
    work(story, 12);
    save(story);
    if (top === undefined || story.groups.length < 2) return;
    story.lines.push(`noalloc ${path(top.images[0] ?? '')}`, 'sync', `remove ${path(top.images[0] ?? '')}`);
    if (story.draw.chance(0.5)) story.lines.push('sync');
    story.lines.push('tun zfs_removal_suspend_progress 1');
    work(story, 4);
    save(story);
    if (story.draw.chance(0.4)) story.lines.push('cancel');
    work(story, 4);
  },
  removeTwo: (story) => {
    for (let n = 0; n < 2; n++) {
      work(story, 8);
      const top = story.groups.findLast(({ kind, images }) => kind === '' && images.length === 1);
      if (top === undefined || story.groups.length < 2) break;
      story.lines.push(`remove ${path(top.images[0] ?? '')}`, 'waitresilver');
      story.groups.splice(story.groups.indexOf(top), 1);
      if (story.draw.chance(0.5)) save(story);
    }
    work(story, 4);
    save(story);
    work(story, 3);
  },
  attachHalfway: (story) => {
    const group = story.groups.find(({ kind }) => kind === '' || kind === 'mirror');
    const [image] = group?.images ?? [];
    work(story, 10);
    if (image === undefined || group === undefined) return;
    const leg = another(story);
    story.lines.push('tun zfs_scan_suspend_progress 1', `attach ${path(image)} ${path(leg)}`);
    group.images.push(leg);
    work(story, 5);
    save(story);
    work(story, 5);
    story.lines.push('tun zfs_scan_suspend_progress 0');
  },
  /** With a resilver that goes by the space maps. */
  rebuild: (story) => {
    work(story, 10);
    save(story);
    const image = anyDevice(story);
    const by = another(story);
    story.lines.push(`${story.draw.one(['replaceseq', 'attachseq'])} ${path(image)} ${path(by)}`);
    if (story.draw.chance(0.7)) story.lines.push('waitresilver');
    work(story, 5);
    save(story);
    work(story, 3);
  },
  offline: toDevice((image) => `offline ${image}`),
  offlineOnline: toDevice(
    (image) => `offline ${image}`,
    (image) => `online ${image}`,
  ),
  offlineInTurn: (story) => {
    const group = story.groups.find(({ kind }) => kind !== '');
    for (const image of group?.images.slice(0, 2) ?? []) {
      work(story, 4);
      story.lines.push(`offline ${path(image)}`);
      work(story, 4);
      save(story);
      story.lines.push(`online ${path(image)}`, story.draw.one(['waitresilver', 'sync']));
    }
    work(story, 3);
  },
  fault: toDevice((image) => `fault ${image}`),
  faultClear: toDevice(
    (image) => `fault ${image}`,
    () => 'clear',
  ),
  forcedOffline: toDevice((image) => `forced ${image}`),
  forcedAny: toAny('forced'),
  faultAny: toAny('fault'),
  offlineLog: toClass('offline', 'fault'),
  forcedClass: toClass('forced'),
  removeClass: toClass('remove'),
  expand: (story) => {
    work(story);
    save(story);
    const raidz = story.groups.findIndex(({ kind }) => kind.startsWith('raidz'));
    if (raidz >= 0) {
      story.lines.push(`attach raidz-${raidz} ${path(another(story))}`);
      if (story.draw.chance(0.6)) story.lines.push('waitresilver');
    }
    work(story);
    save(story);
    work(story, 3);
  },
  expandTwice: (story) => {
    const raidz = story.groups.findIndex(({ kind }) => kind.startsWith('raidz'));
    for (let n = 0; n < 2 && raidz >= 0; n++) {
      work(story, 8);
      story.lines.push(`attach raidz-${raidz} ${path(another(story))}`, 'waitresilver');
      save(story);
    }
    work(story, 5);
  },
  enlarge: (story) => {
    work(story, 4);
    save(story);
    story.lines.push('prop autoexpand 1');
    const { images } = story.draw.one(story.groups);
    for (const image of images) story.lines.push(`sh truncate -s +64M ${path(image)}`, `online ${path(image)}`);
    work(story);
  },
  split: (story) => {
    work(story);
    const all = mirrors(story);
    if (all.length > 0 && all.length === story.groups.length) {
      story.lines.push(`split half ${all.map(({ images }) => path(images[1] ?? '')).join(' ')}`);
    }
    work(story);
    save(story);
    work(story, 3);
  },
  initialize: (story) => {
    work(story);
    story.lines.push(`initialize ${path(anyDevice(story))}`, 'sync 3');
    save(story);
    work(story, 6);
  },
  trim: (story) => {
    work(story);
    story.lines.push(`trim ${path(anyDevice(story))}`, 'sync 3');
    save(story);
    work(story, 6);
  },
  spareUsed: withSpare(() => {}),
  spareReplaced: withSpare(({ image }, story) => {
    story.lines.push(`replace ${path(image)} ${path(another(story))}`);
    if (story.draw.chance(0.5)) story.lines.push('waitresilver');
  }),
  spareReturned: withSpare(({ image, spare }, story) => {
    story.lines.push(`detach ${story.draw.chance(0.5) ? spare : path(image)}`);
  }),
  spareFails: withSpare(({ spare }, story) => {
    if (!spare.startsWith('draid')) story.lines.push(`fault ${spare}`);
    const other = story.layout.spares.map(path).find((each) => each !== spare);
    if (other !== undefined) story.lines.push(`spare ${spare} ${other}`);
  }),
};

/** What befalls devices and does not go on, so that nothing can come after it, by name. */
export const LAST_DEVICE_HISTORIES: Readonly<Record<string, History>> = {
  /** Held at one of the points that the code has for its own tests. Source: module/zfs/vdev_raidz.c, raidz_expand_pause_point */
  expandHalfway: (story) => {
    const raidz = story.groups.findIndex(({ kind }) => kind.startsWith('raidz'));
    work(story, 10);
    save(story);
    if (raidz < 0) return;
    const attach = `attach raidz-${raidz} ${path(another(story))}`;
    if (story.draw.chance(0.6)) {
      // Held while it syncs: nothing syncs after it.
      story.lines.push(`tun raidz_expand_pause_point ${story.draw.int(1, 8)}`, attach, 'sh sleep 1');
      return;
    }
    story.lines.push(`tun raidz_expand_max_reflow_bytes ${story.draw.int(1, 40) * 100_000} u`, attach, 'sync 2');
    work(story, 4);
    save(story);
    work(story, 4);
  },
};
