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
  quotas: (story) => {
    const { draw } = story;
    story.lines.push('users', `fs ${POOL}/u`, `fs ${POOL}/q`);
    for (let n = 0; n < 8; n++) story.lines.push(`w ${POOL}/${draw.one(['u', 'q'])} o${n} ${draw.int(1, 200)}`, 'sync');
    story.lines.push(`quota ${POOL}/u 30000000`, `refquota ${POOL}/q 20000000`, `reserve ${POOL}/q 1000000`);
    save(story);
    story.lines.push(`rmobj ${POOL}/u o1`, `snap ${POOL}/q@u`, 'sync');
    work(story, 6);
  },
  volumes: (story) => {
    const { draw } = story;
    for (let n = 0; n < draw.int(1, 3); n++) {
      const [mib, block] = [draw.int(8, 64), draw.one([512, 4096, 8192, 16384, 65536])];
      story.lines.push(`zvol ${POOL}/v${n} ${mib} ${block}`, `zw ${POOL}/v${n} 0 ${draw.int(10, 120)}`, 'sync');
      story.lines.push(`snap ${POOL}/v${n}@s`, `zw ${POOL}/v${n} ${draw.int(0, 60)} ${draw.int(1, 40)}`, 'sync');
    }
    save(story);
    story.lines.push(`zw ${POOL}/v0 0 20`, 'sync');
    work(story, 5);
  },
  manySnapshots: (story) => {
    const sets = story.draw.int(20, 60);
    story.lines.push(`sets ${POOL}/m ${sets}`, `snapsets ${POOL}/m ${sets} ${story.draw.int(30, 60)}`);
    save(story);
    story.lines.push(`snaps ${POOL}/a ${story.draw.int(50, 200)}`);
    work(story, 5);
  },
  bigRemoval: (story) => {
    const { draw } = story;
    story.lines.push(
      `fs ${POOL}/g recordsize=${draw.one([512, 4096, 16384])}`,
      `w ${POOL}/g big ${draw.int(1000, 4000)}`,
    );
    story.lines.push(`fs ${POOL}/h recordsize=4096`, `w ${POOL}/h big ${draw.int(1000, 3000)}`, 'sync');
    work(story, 4);
    save(story);
    // So that it goes on over many txgs.
    story.lines.push(`tun zfs_async_block_max_blocks ${draw.int(20, 200)} u`);
    story.lines.push(`rmobj ${POOL}/g big`, `destroy ${POOL}/h`);
    work(story, 6);
    save(story);
    work(story, 4);
  },
  bigBlocks: (story) => {
    const { draw } = story;
    story.lines.push(`fs ${POOL}/l recordsize=${draw.one([262144, 524288, 1048576])} copies=${draw.int(1, 3)}`);
    for (let n = 0; n < 4; n++) story.lines.push(`w ${POOL}/l o${n} ${draw.int(200, 1500)}`, 'sync');
    save(story);
    work(story, 5);
  },
  clonesGone: (story) => {
    const { draw } = story;
    story.lines.push(`w ${POOL}/a base 300`, `snap ${POOL}/a@c`);
    const many = draw.int(2, 5);
    for (let n = 0; n < many; n++) {
      story.lines.push(`clone ${POOL}/a@c ${POOL}/c${n}`, `w ${POOL}/c${n} own ${draw.int(20, 200)}`, 'sync');
      story.lines.push(`w ${POOL}/c${n} own ${draw.int(20, 200)}`, 'sync');
    }
    save(story);
    for (let n = 0; n < many; n++) if (draw.chance(0.6)) story.lines.push(`destroy ${POOL}/c${n}`);
    work(story, 6);
  },
  rolledBack: (story) => {
    work(story, 4);
    story.lines.push(`snap ${POOL}/b@back`, `w ${POOL}/b more 200`, 'sync', `rename ${POOL}/c ${POOL}/renamed`);
    save(story);
    story.lines.push(`rollback ${POOL}/b`, 'sync', `rename ${POOL}/renamed ${POOL}/c`);
    work(story, 5);
  },
  /** All over the metaslabs, where otherwise the first would be enough. */
  spread: (story) => {
    const { draw } = story;
    for (let n = 0; n < draw.int(3, 7); n++) {
      story.lines.push(`window ${draw.int(0, 2000)} ${draw.int(1, 6)}`);
      work(story, 4);
    }
    save(story);
    story.lines.push('window 0 0');
    work(story, 5);
  },
  ringRound: (story) => {
    work(story, 5);
    story.lines.push(`turns ${story.draw.int(200, 500)}`);
    save(story);
    work(story, 5);
    story.lines.push(`turns ${story.draw.int(5, 60)}`);
  },
  full: (story) => {
    work(story);
    story.lines.push(`full ${POOL}/a`);
    save(story);
    work(story, 4);
  },
};
