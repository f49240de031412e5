import type { Library } from './library.ts';
import { choice, flag, maybe, type Options, text, texts, unsigned, type Values } from './options.ts';
import type { Terminal } from './terminal.ts';

/** Options that every command takes. */
export const COMMON_OPTIONS = {
  json: flag('print one JSON document and nothing else'),
  'no-color': flag('no colour (also: NO_COLOR; no colour when stdout is no terminal)'),
  quiet: flag('the answer only: no tables, no progress'),
  progress: flag('show progress on stderr also when it is no terminal'),
  help: flag('show this help'),
  version: flag('show version and engine'),
} satisfies Options;

const ALL = flag('show every line of long tables');

export const SCAN_OPTIONS = {
  depth: choice(
    ['labels', 'mos', 'meta', 'data'],
    'meta',
    'how far each txg is checked: labels and uberblocks, its root, all metadata, all data',
  ),
  pool: text('NAME|GUID', 'only this pool'),
  'min-txg': unsigned('N', 'only txgs from N on'),
  'max-txg': unsigned('N', 'only txgs up to N'),
  all: ALL,
  'newest-first': flag('order txgs by age, not by rank'),
  before: text(
    'COMMAND|TIME',
    'only txgs from before this command of the pool history, such as "zfs destroy tank/home", or before a time (UTC), such as "2026-11-21 09:38"',
  ),
  needs: texts('DATASET', 'only txgs that have DATASET, DATASET@SNAPSHOT or DATASET:/PATH whole; may be repeated'),
  timeline: maybe(
    ['bodyfile', 'l2tcsv', 'jsonl'],
    'print in place of the report when uberblocks, labels, history records, datasets and snapshots were written',
  ),
  watch: unsigned('SECONDS', 'read the rings again after so long: does a host that is alive use the pool?'),
  'json-lines': flag('print each txg as a line of JSON as soon as it is judged, then the document in one line'),
} satisfies Options;

export const VERIFY_OPTIONS = {
  txg: unsigned('T', 'which txg; needed, unless --checkpoint is given'),
  checkpoint: flag('the uberblock that the pool keeps as its checkpoint'),
  depth: choice(['meta', 'data'], 'data', 'how far it is checked: all metadata, or all data too'),
  pool: text('NAME|GUID', 'which pool, where the sources hold several'),
  all: ALL,
} satisfies Options;

export const TABLE_OPTIONS = { all: ALL } satisfies Options;

/** Options of the commands that look into one pool at one txg. */
export const POOL_OPTIONS = {
  pool: text('NAME|GUID', 'which pool, where the sources hold several'),
  txg: unsigned('T', 'look at the pool as it was at txg T (default: the newest that opens)'),
} satisfies Options;

export const BLOCK_OPTIONS = {
  ...POOL_OPTIONS,
  decompress: text('ALG', 'undo a compression: lz4, gzip, zstd, lzjb, zle'),
  birth: unsigned('T', 'txg in which the block was written; matters on an expanded raidz'),
  raw: flag('the bytes themselves to stdout, no text'),
} satisfies Options;

/** What a command is called with. */
export interface Request<O extends Options> {
  /** What stands before the sources: one a name in `Command.operands`. */
  readonly operands: readonly string[];
  /** At least one; as given. */
  readonly sources: readonly string[];
  readonly values: Values<O & typeof COMMON_OPTIONS>;
}

/** Does the work of a command. @returns the exit status */
export type Run<O extends Options> = (request: Request<O>, terminal: Terminal, library: Library) => Promise<number>;

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly options: Options;
  /** Names of what has to stand before the sources. */
  readonly operands: readonly string[];
  /** Argument lines for the help, without the name of the program. */
  readonly examples: readonly (readonly [line: string, says: string])[];
  /** Loads the command's code and runs it: one command never pays for another. */
  readonly start: (request: Request<Options>, terminal: Terminal, library: Promise<Library>) => Promise<number>;
}

function command<O extends Options>(
  about: Omit<Command, 'options' | 'operands' | 'start'> & {
    readonly options: O;
    readonly operands?: readonly string[];
  },
  load: () => Promise<Run<O>>,
): Command {
  return {
    ...about,
    operands: about.operands ?? [],
    options: { ...about.options, ...COMMON_OPTIONS },
    // The values were read by these very options, so their types are those of O.
    start: async (request, terminal, library) => {
      const [run, loaded] = await Promise.all([load(), library]);
      return run(request as unknown as Request<O>, terminal, loaded);
    },
  };
}

/** All commands. Parsing, help and suggestions are made from this table alone. */
export const COMMANDS: readonly Command[] = [
  command(
    {
      name: 'scan',
      summary: 'find pools, rank the txgs they can go back to, recommend one',
      options: SCAN_OPTIONS,
      examples: [
        ['scan /dev/sdb1 /dev/sdc1', 'the pool on two partitions'],
        ['scan --json images/ > report.json', 'every image of a directory, as a document'],
        ['scan disk.img@1048576', 'a vdev that begins 1 MiB into an image'],
      ],
    },
    async () => (await import('./scanCommand.ts')).runScan,
  ),
  command(
    {
      name: 'labels',
      summary: 'every label of each source, and where the four copies differ',
      options: TABLE_OPTIONS,
      examples: [['labels /dev/sdb1', 'the four labels of a partition']],
    },
    async () => (await import('./labelsCommand.ts')).runLabels,
  ),
  command(
    {
      name: 'ring',
      summary: 'every uberblock slot of each source: valid, empty, torn, foreign',
      options: TABLE_OPTIONS,
      examples: [['ring --all disk.img', 'every slot, not only the newest']],
    },
    async () => (await import('./ringCommand.ts')).runRing,
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
    async () => (await import('./verifyCommand.ts')).runVerify,
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
    async () => (await import('./datasetsCommand.ts')).runDatasets,
  ),
  command(
    {
      name: 'snapshots',
      summary: 'the snapshots of a pool as they were at a txg',
      options: POOL_OPTIONS,
      examples: [['snapshots --txg 1234 disk.img', 'with clones and the properties that users set']],
    },
    async () => (await import('./snapshotsCommand.ts')).runSnapshots,
  ),
  command(
    {
      name: 'history',
      summary: 'what was done to a pool, and in which txg',
      options: POOL_OPTIONS,
      examples: [['history /dev/sdb1', 'to find the txg before an accidental destroy']],
    },
    async () => (await import('./historyCommand.ts')).runHistory,
  ),
  command(
    {
      name: 'object',
      summary: 'one object: its dnode, its blocks, and its entries where it is a ZAP',
      operands: ['DATASET|mos', 'OBJ'],
      options: POOL_OPTIONS,
      examples: [
        ['object --txg 1234 tank/home 7 disk.img', 'object 7 of a filesystem'],
        ['object mos 1 disk.img', 'the directory of the meta-object set'],
        ['object mos config disk.img', 'an object by its name in that directory'],
      ],
    },
    async () => (await import('./objectCommand.ts')).runObject,
  ),
  command(
    {
      name: 'block',
      summary: 'the bytes at an address, as zdb -R: offset and size in hexadecimal',
      operands: ['VDEV:OFFSET:SIZE'],
      options: BLOCK_OPTIONS,
      examples: [
        ['block 0:1a2b000:1000 disk.img', '4 KiB at an offset of top-level vdev 0'],
        ['block --decompress lz4 0:1a2b000:20000/3000 disk.img', '0x3000 bytes that hold 0x20000'],
        ['block --raw 0.1:1a2b000:1000 a.img b.img > out', 'from the second leg of a mirror'],
      ],
    },
    async () => (await import('./blockCommand.ts')).runBlock,
  ),
];

export const SOURCE_HELP =
  'a block device, a raw image, a partition of either (found by GPT or MBR, or PATH@OFFSET[+LENGTH]), or a directory of those';
