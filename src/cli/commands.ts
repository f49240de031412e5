import type { Library } from './library.ts';
import { choice, flag, type Options, text, unsigned, type Values } from './options.ts';
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
} satisfies Options;

export const TABLE_OPTIONS = { all: ALL } satisfies Options;

/** What a command is called with. */
export interface Request<O extends Options> {
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
  /** Argument lines for the help, without the name of the program. */
  readonly examples: readonly (readonly [line: string, says: string])[];
  /** Loads the command's code and runs it: one command never pays for another. */
  readonly start: (request: Request<Options>, terminal: Terminal, library: Promise<Library>) => Promise<number>;
}

function command<O extends Options>(
  about: Omit<Command, 'options' | 'start'> & { readonly options: O },
  load: () => Promise<Run<O>>,
): Command {
  return {
    ...about,
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
];

export const SOURCE_HELP =
  'a block device, a raw image, a partition of either (found by GPT or MBR, or PATH@OFFSET[+LENGTH]), or a directory of those';
