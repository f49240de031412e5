import { type Command, command, SCAN_DOCUMENT, SOURCES_OR_NONE } from './command.ts';
import {
  BLOCK_OPTIONS,
  BUNDLE_OPTIONS,
  CARVE_OPTIONS,
  EXPLAIN_OPTIONS,
  HISTORY_OPTIONS,
  OVERLAY_OPTIONS,
  POOL_OPTIONS,
  REPORT_OPTIONS,
  SCAN_OPTIONS,
  TABLE_OPTIONS,
  VERIFY_OPTIONS,
  WEB_OPTIONS,
} from './commandOptions.ts';

/** All commands. Parsing, help and suggestions are made from this table alone. */
export const COMMANDS: readonly Command[] = [
  command(
    {
      name: 'scan',
      summary: 'find pools, rank the txgs they can go back to, recommend one',
      options: SCAN_OPTIONS,
      last: SOURCES_OR_NONE,
      examples: [
        ['scan', 'all disks that the system has, as root'],
        ['scan /dev/sdb1 /dev/sdc1', 'the pool on two partitions'],
        ['scan --json images/ > scan.json', 'every image of a directory, as a document'],
        ['scan disk.img@1048576', 'a vdev that begins 1 MiB into an image'],
        ['scan --html report.html images/', 'the report as a page for a browser, to be read anywhere'],
      ],
    },
    async ({ timeline }) =>
      timeline === null ? (await import('./scanCommand.ts')).scan : (await import('./timelineCommand.ts')).timeline,
  ),
  command(
    {
      name: 'labels',
      summary: 'every label of each source, and where the four copies differ',
      options: TABLE_OPTIONS,
      examples: [['labels /dev/sdb1', 'the four labels of a partition']],
    },
    async () => (await import('./labelsCommand.ts')).labels,
  ),
  command(
    {
      name: 'ring',
      summary: 'every uberblock slot of each source: valid, empty, torn, foreign',
      options: TABLE_OPTIONS,
      examples: [['ring --all disk.img', 'every slot, not only the newest']],
    },
    async () => (await import('./labelsCommand.ts')).ring,
  ),
  command(
    {
      name: 'report',
      summary: 'the page for a browser of what an older scan --json has left',
      last: SCAN_DOCUMENT,
      does: 'answer',
      options: REPORT_OPTIONS,
      examples: [['report scan.json --html report.html', 'the page, without the disks']],
    },
    async () => (await import('./reportCommand.ts')).report,
  ),
  command(
    {
      name: 'web',
      summary: 'the page that scans in a browser, for this machine alone; it may read each SOURCE that is given',
      options: WEB_OPTIONS,
      does: 'service',
      last: SOURCES_OR_NONE,
      examples: [
        ['web', 'to drop images on the page'],
        ['web /dev/sdb1 /dev/sdc1', 'the page scans these, which are only read'],
      ],
    },
    async () => (await import('./webCommand.ts')).web,
  ),
  command(
    {
      name: 'verify',
      summary: 'one txg in depth: which blocks fail, and whose they are',
      options: VERIFY_OPTIONS,
      examples: [
        ['verify --txg 1234 /dev/sdb1 /dev/sdc1', 'the damaged files of that txg'],
        ['verify --txg 1234 --depth meta images/', 'metadata alone: what decides whether it imports'],
      ],
    },
    async ({ image }) => {
      const { checkImages, verify } = await import('./verifyCommand.ts');
      return image ? checkImages : verify;
    },
  ),
  command(
    {
      name: 'overlay',
      summary: 'for each device an overlay from which a plain zpool import loads a txg; devices are only read',
      options: OVERLAY_OPTIONS,
      examples: [
        ['overlay -o try /dev/sdb1 /dev/sdc1', 'of the txg that scan recommends; then sh try/import.sh attach'],
        ['overlay --txg 1234 --as copy -o try images/', 'patched copies of images'],
      ],
    },
    async () => (await import('./overlayCommand.ts')).overlay,
  ),
  command(
    {
      name: 'datasets',
      summary: 'the filesystems and volumes of a pool as they were at a txg',
      options: POOL_OPTIONS,
      examples: [
        ['datasets --txg 1234 /dev/sdb1 /dev/sdc1', 'what was there before it was destroyed'],
        ['datasets --json images/', 'as a document, of the newest txg that opens'],
      ],
    },
    async () => (await import('./listCommands.ts')).datasets,
  ),
  command(
    {
      name: 'snapshots',
      summary: 'the snapshots of a pool as they were at a txg',
      options: POOL_OPTIONS,
      examples: [['snapshots --txg 1234 disk.img', 'with clones and the properties that users set']],
    },
    async () => (await import('./listCommands.ts')).snapshots,
  ),
  command(
    {
      name: 'history',
      summary: 'what was done to a pool, and in which txg',
      options: HISTORY_OPTIONS,
      examples: [['history /dev/sdb1', 'to find the txg before an accidental destroy']],
    },
    async () => (await import('./historyCommand.ts')).history,
  ),
  command(
    {
      name: 'object',
      summary: 'one object: its dnode, its blocks, and its entries where it is a ZAP',
      operands: [
        { name: 'DATASET|mos', is: 'the name of a filesystem, volume or snapshot, or the meta-object set' },
        { name: 'OBJ', is: 'the number of an object; of the meta-object set also a name in its directory' },
      ],
      options: POOL_OPTIONS,
      examples: [
        ['object --txg 1234 tank/home 7 disk.img', 'object 7 of a filesystem'],
        ['object mos 1 disk.img', 'the directory of the meta-object set'],
        ['object mos config disk.img', 'an object by its name in that directory'],
      ],
    },
    async () => (await import('./objectCommand.ts')).object,
  ),
  command(
    {
      name: 'block',
      summary: 'the bytes at an address, as zdb -R: offset and size in hexadecimal',
      operands: [
        {
          name: 'VDEV:OFFSET:SIZE',
          is: 'the number of a top-level vdev, or 0.1 for a leaf of one, then offset and size in bytes, in hexadecimal; SIZE is LOGICAL/PHYSICAL of what is compressed',
        },
      ],
      options: BLOCK_OPTIONS,
      examples: [
        ['block 0:1a2b000:1000 disk.img', '4 KiB at an offset of top-level vdev 0'],
        ['block --decompress lz4 0:1a2b000:20000/3000 disk.img', '0x3000 bytes that hold 0x20000'],
        ['block --raw 0.1:1a2b000:1000 a.img b.img > out', 'from the second leg of a mirror'],
      ],
    },
    async () => (await import('./blockCommand.ts')).block,
  ),
  command(
    {
      name: 'bundle',
      summary: 'one file with what it takes to repeat the analysis elsewhere, with hashes',
      options: BUNDLE_OPTIONS,
      examples: [
        ['bundle -o tank.bundle /dev/sdb1 /dev/sdc1', 'labels, rings and metadata of a pool, no data of files'],
        ['scan tank.bundle', 'the same answers on another machine'],
        ['bundle --check tank.bundle', 'is it what was written?'],
      ],
    },
    async ({ check }) => {
      const { bundle, checkBundles } = await import('./bundleCommand.ts');
      return check ? checkBundles : bundle;
    },
  ),
  command(
    {
      name: 'carve',
      summary: 'read whole disks for labels, uberblocks and roots of pools, wherever they are',
      options: CARVE_OPTIONS,
      examples: [
        ['carve /dev/sdb', 'what is left behind lost partition tables and wiped ends'],
        ['carve --state sdb.state /dev/sdb', 'which can be stopped, and goes on where it was'],
      ],
    },
    async () => (await import('./carveCommand.ts')).carve,
  ),
  command(
    {
      name: 'explain',
      summary: 'what a code of zfs-uber or a message of OpenZFS means, what to do, and which txgs are free of it',
      operands: [
        {
          name: 'CODE|TEXT',
          is: 'a finding, verdict, reason, step, hazard, error or exit status of zfs-uber, or a message of zpool import or dmesg',
        },
      ],
      last: SOURCES_OR_NONE,
      options: EXPLAIN_OPTIONS,
      examples: [
        ["explain 'cannot import tank: I/O error' /dev/sdb1 /dev/sdc1", 'a message, and the txgs of a pool'],
        ['explain uberblock-ahead-of-metadata', 'a finding, verdict, reason, step or hazard'],
        ['explain 3', 'an exit status'],
      ],
    },
    async () => (await import('./explainCommand.ts')).explain,
  ),
];

/** What the last words of a command are. */
export const LAST_WORDS: Readonly<Record<Command['last']['name'], string>> = {
  SOURCE:
    'a block device, a raw or other disk image (docs/images.md; PATH?map=FILE with its map of ddrescue), a partition of either (found by GPT or MBR, or PATH@OFFSET[+LENGTH][?root=BYTE][?map=FILE] as carve prints it), a bundle, an address on a network (nbd://, https://: docs/networks.md), or a directory of images',
  'SCAN.json': 'the file that scan --json wrote',
};

/** What each word of a command is, a sentence each. */
export const wordsOf = ({ operands, last }: Command): readonly string[] => [
  ...operands.map(({ name, is }) => `${name} is ${is}.`),
  `${last.name} is ${LAST_WORDS[last.name]}.`,
];
