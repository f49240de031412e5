import type { Draw } from './draw.ts';
import type { Layout } from './layouts.ts';

/** What a history is written into: lines for umake, in which `%` is the folder of the images. */
export interface Story {
  readonly draw: Draw;
  readonly layout: Layout;
  readonly lines: string[];
  /** Images made beyond those of the layout. */
  readonly added: string[];
  /** States of all images that were kept, oldest first; the last is the end. */
  readonly saved: string[];
  /** Options of `create`. */
  readonly options: string[];
}

const POOL = 'tank';

const path = (image: string): string => `%/${image}`;

function work(story: Story, most = 8): void {
  story.lines.push(`tick ${story.draw.int(2, most)}`);
}

function save(story: Story): void {
  const name = `s${story.saved.length}`;
  story.saved.push(name);
  story.lines.push(`save @/${name}`);
}

/** An image more, of the name that comes next. */
function another(story: Story): string {
  const { layout, added } = story;
  const number = layout.groups.flatMap(({ images }) => images).length + layout.spares.length + added.length;
  const image = `d${number}.img`;
  added.push(image);
  return image;
}

const redundant = ({ layout }: Story) => layout.groups.filter(({ kind }) => kind !== '');
const mirrors = ({ layout }: Story) => layout.groups.filter(({ kind }) => kind === 'mirror');

/** A device of a redundant vdev; null where there is none. */
function redundantDevice(story: Story): string | null {
  const groups = redundant(story);
  return groups.length === 0 ? null : story.draw.one(story.draw.one(groups).images);
}

type History = (story: Story) => void;

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

/** What befalls a pool between its creation and the end, by name. */
export const HISTORIES: Readonly<Record<string, History>> = {
  plain: (story) => {
    work(story, 20);
    save(story);
    work(story, 20);
  },
  exportImport: (story) => {
    for (let n = story.draw.int(1, 3); n > 0; n--) {
      work(story);
      story.lines.push('export', `import ${POOL} %`);
    }
    work(story);
    save(story);
    work(story, 4);
  },
  add: (story) => {
    work(story);
    save(story);
    const class_ = story.draw.one(['', '', 'log ', 'special ']);
    story.lines.push(`add ${class_}${path(another(story))}`);
    work(story);
    save(story);
    work(story, 3);
  },
  addMirror: (story) => {
    work(story);
    save(story);
    story.lines.push(`add mirror ${path(another(story))} ${path(another(story))}`);
    work(story);
  },
  attach: (story) => {
    work(story);
    save(story);
    const [group] = story.layout.groups.filter(({ kind }) => kind === '' || kind === 'mirror');
    const [image] = group?.images ?? [];
    if (image !== undefined) story.lines.push(`attach ${path(image)} ${path(another(story))}`, 'waitresilver');
    work(story);
    save(story);
    work(story, 3);
  },
  detach: (story) => {
    work(story);
    save(story);
    const group = mirrors(story)[0];
    const image = group?.images[1];
    if (image !== undefined) story.lines.push(`detach ${path(image)}`);
    work(story);
  },
  replace: (story) => {
    work(story);
    save(story);
    const image = story.layout.groups[0]?.images[0];
    if (image !== undefined) {
      story.lines.push(`replace ${path(image)} ${path(another(story))}`);
      if (story.draw.chance(0.6)) story.lines.push('waitresilver');
    }
    work(story);
  },
  remove: (story) => {
    work(story);
    save(story);
    const top = story.layout.groups.findLast(({ kind, images }) => kind === '' && images.length === 1);
    if (top !== undefined && story.layout.groups.length > 1) {
      story.lines.push(`remove ${path(top.images[0] ?? '')}`);
      if (story.draw.chance(0.7)) story.lines.push('waitresilver');
    }
    work(story);
  },
  offline: toDevice((image) => `offline ${image}`),
  offlineOnline: toDevice(
    (image) => `offline ${image}`,
    (image) => `online ${image}`,
  ),
  fault: toDevice((image) => `fault ${image}`),
  forcedOffline: toDevice((image) => `forced ${image}`),
  forcedAny: (story) => {
    work(story);
    save(story);
    const image = story.draw.one(story.draw.one(story.layout.groups).images);
    story.lines.push(`forced ${path(image)}`);
    work(story, 3);
  },
  faultAny: (story) => {
    work(story);
    save(story);
    const image = story.draw.one(story.draw.one(story.layout.groups).images);
    story.lines.push(`fault ${path(image)}`);
    work(story, 3);
  },
  offlineLog: (story) => {
    work(story);
    const log = story.layout.groups.find((group) => group.class === 'log');
    if (log !== undefined) story.lines.push(`${story.draw.one(['offline', 'fault'])} ${path(log.images[0] ?? '')}`);
    work(story);
    save(story);
    work(story, 3);
  },
  expand: (story) => {
    work(story);
    save(story);
    const raidz = story.layout.groups.find(({ kind }) => kind.startsWith('raidz'));
    if (raidz !== undefined) {
      story.lines.push(`attach raidz-0 ${path(another(story))}`);
      if (story.draw.chance(0.6)) story.lines.push('waitresilver');
    }
    work(story);
  },
  split: (story) => {
    work(story);
    const all = mirrors(story);
    if (all.length > 0 && all.length === story.layout.groups.length) {
      story.lines.push(`split half ${all.map(({ images }) => path(images[1] ?? '')).join(' ')}`);
    }
    work(story);
  },
  checkpoint: (story) => {
    work(story);
    story.lines.push('checkpoint');
    save(story);
    work(story);
    if (story.draw.chance(0.3)) story.lines.push('discard');
    work(story, 3);
  },
  reguid: (story) => {
    work(story);
    save(story);
    story.lines.push('reguid');
    work(story);
  },
  rewind: (story) => {
    work(story);
    story.lines.push('txg', 'export', `import ${POOL} % -${story.draw.int(2, 6)}`);
    work(story, 4);
    save(story);
    if (story.draw.chance(0.5)) work(story, 4);
  },
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
  recreate: (story) => {
    work(story);
    story.lines.push(story.draw.one(['export', 'destroypool']));
    story.lines.push(`create ${POOL} ${story.options.join(' ')} ${specOf(story)}`);
    work(story, 14);
    save(story);
    work(story, 4);
  },
  recreateOther: (story) => {
    work(story, 14);
    story.lines.push('export', `create other ashift=${story.draw.int(9, 13)} ${specOf(story)}`);
    work(story, 6);
  },
  upgrade: (story) => {
    work(story);
    save(story);
    story.lines.push('upgrade');
    for (const feature of [
      'async_destroy',
      'empty_bpobj',
      'spacemap_histogram',
      'enabled_txg',
      'hole_birth',
      'log_spacemap',
    ]) {
      if (story.draw.chance(0.6)) story.lines.push(`feature ${feature}`);
    }
    work(story);
  },
  clones: (story) => {
    const { draw } = story;
    for (let n = 1; n <= draw.int(2, 5); n++) {
      work(story, 4);
      story.lines.push(
        `w ${POOL}/a c${n} ${draw.int(8, 300)}`,
        `snap ${POOL}/a@k${n}`,
        `clone ${POOL}/a@k${n} ${POOL}/k${n}`,
      );
      if (draw.chance(0.4)) story.lines.push(`w ${POOL}/k${n} own 40`);
      if (draw.chance(0.3)) story.lines.push(`promote ${POOL}/k${n}`);
    }
    save(story);
    work(story, 4);
  },
  snapshots: (story) => {
    for (let n = 0; n < story.draw.int(40, 150); n++) story.lines.push(`snap ${POOL}/b@m${n}`);
    story.lines.push('sync');
    work(story);
    save(story);
    for (let n = 0; n < 20; n++) story.lines.push(`destroy ${POOL}/b@m${n}`);
    work(story, 4);
  },
  properties: (story) => {
    const { draw } = story;
    const checksum = draw.one(['sha256', 'skein', 'blake3', 'edonr', 'on']);
    const compression = draw.one(['lz4', 'gzip', 'zstd', 'off']);
    story.lines.push(`fs ${POOL}/p checksum=${CHECKSUMS[checksum]} compression=${COMPRESSIONS[compression]}`);
    for (let n = 0; n < 6; n++) story.lines.push(`w ${POOL}/p o${n} ${draw.int(1, 400)}`, 'sync');
    save(story);
    work(story, 6);
  },
  scrub: (story) => {
    work(story);
    story.lines.push('scrub', 'sync');
    if (story.draw.chance(0.5)) story.lines.push('pause');
    save(story);
    work(story, 6);
  },
  initialize: (story) => {
    work(story);
    story.lines.push(`initialize ${path(story.layout.groups[0]?.images[0] ?? '')}`, 'sync 3');
    save(story);
    work(story, 6);
  },
  trim: (story) => {
    work(story);
    story.lines.push(`trim ${path(story.layout.groups[0]?.images[0] ?? '')}`, 'sync 3');
    save(story);
    work(story, 6);
  },
  holdsBookmarks: (story) => {
    work(story);
    story.lines.push(`snap ${POOL}/a@h`, `hold ${POOL}/a@h`, `bookmark ${POOL}/a@h ${POOL}/a#b`);
    work(story);
    save(story);
    work(story, 3);
  },
  spareUsed: (story) => {
    work(story);
    const image = redundantDevice(story);
    const [spare] = story.layout.spares;
    if (image !== null && spare !== undefined)
      story.lines.push(`fault ${path(image)}`, `replace ${path(image)} ${path(spare)}`, 'waitresilver');
    work(story);
    save(story);
    work(story, 3);
  },
};

/** Values of the properties as ZFS counts them. Source: include/sys/zio.h, enum zio_checksum and zio_compress */
const CHECKSUMS: Readonly<Record<string, number>> = { on: 1, sha256: 8, skein: 12, edonr: 13, blake3: 14 };
const COMPRESSIONS: Readonly<Record<string, number>> = { off: 2, gzip: 10, lz4: 15, zstd: 16 };

export const specOf = ({ layout }: Pick<Story, 'layout'>): string =>
  layout.spec.map((word) => (word.endsWith('.img') ? path(word) : word)).join(' ');
