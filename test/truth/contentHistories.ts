import { type History, POOL, save, work } from './story.ts';

/** Values of the properties as ZFS counts them. Source: include/sys/zio.h, enum zio_checksum and zio_compress */
const CHECKSUMS: Readonly<Record<string, number>> = { on: 1, sha256: 8, skein: 12, edonr: 13, blake3: 14 };
const COMPRESSIONS: Readonly<Record<string, number>> = { off: 2, gzip: 10, lz4: 15, zstd: 16 };

/** What is done with the datasets of a pool, by name. */
export const CONTENT_HISTORIES: Readonly<Record<string, History>> = {
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
    const many = story.draw.int(40, 150);
    for (let n = 0; n < many; n++) story.lines.push(`snap ${POOL}/b@m${n}`);
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
  holdsBookmarks: (story) => {
    work(story);
    story.lines.push(`snap ${POOL}/a@h`, `hold ${POOL}/a@h`, `bookmark ${POOL}/a@h ${POOL}/a#b`);
    work(story);
    save(story);
    work(story, 3);
  },
  encrypted: (story) => {
    const { draw } = story;
    story.lines.push(`crypt ${POOL}/e`);
    for (let n = 0; n < 4; n++)
      story.lines.push(`w ${POOL}/e o${n} ${draw.int(1, 400)}`, `snap ${POOL}/e@s${n}`, 'sync');
    save(story);
    work(story, 4);
    story.lines.push(`rmobj ${POOL}/e o1`, `w ${POOL}/e late 90`, 'sync');
    work(story, 4);
  },
  deduplicated: (story) => {
    const { draw } = story;
    story.lines.push(`fs ${POOL}/d dedup=${draw.one([1, 8])} checksum=8`);
    for (let n = 0; n < 6; n++) story.lines.push(`w ${POOL}/d o${n} ${draw.int(100, 400)} ${draw.int(1, 2)}`, 'sync');
    save(story);
    story.lines.push(`rmobj ${POOL}/d o1`, `rmobj ${POOL}/d o2`, 'sync');
    work(story, 6);
  },
  blockClones: (story) => {
    const { draw } = story;
    for (let n = 0; n < 4; n++) {
      story.lines.push(`w ${POOL}/a o${n} ${draw.int(100, 400)}`, 'sync', `brt ${POOL}/a o${n} q${n}`, 'sync');
      if (draw.chance(0.4)) story.lines.push(`rmobj ${POOL}/a o${n}`, 'sync');
      if (draw.chance(0.4)) save(story);
    }
    work(story, 4);
  },
  gangs: (story) => {
    const { draw } = story;
    story.lines.push(
      `tun metaslab_force_ganging ${draw.one([4096, 16384, 65536])} u`,
      'tun metaslab_force_ganging_pct 60',
    );
    work(story);
    for (let n = 0; n < 3; n++) story.lines.push(`w ${POOL}/a g${n} ${draw.int(100, 300)}`, 'sync');
    save(story);
    work(story, 6);
    story.lines.push('tun metaslab_force_ganging_pct 0');
  },
  spaceLogs: (story) => {
    story.lines.push('tun zfs_keep_log_spacemaps_at_export 1');
    work(story, 20);
    save(story);
    story.lines.push('export', `import ${POOL} %`);
    work(story, 6);
  },
  full: (story) => {
    work(story);
    story.lines.push(`full ${POOL}/a`);
    save(story);
    work(story, 4);
  },
};
