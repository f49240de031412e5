import { SECTIONS } from '../text/sections.ts';
import { choice, flag, maybe, type Options, several, text, texts, unsigned, withLetter } from './options.ts';

/** Options that every command takes. */
export const COMMON_OPTIONS = {
  help: withLetter('h', flag('show this help')),
  version: flag('show version and engine'),
} satisfies Options;

/** Options of each command that prints an answer. */
export const ANSWER_OPTIONS = {
  json: flag('print one JSON document and nothing else'),
  'no-color': flag('no colour (also: NO_COLOR; no colour when stdout is no terminal)'),
  quiet: flag('the answer only: no tables, no progress'),
  log: text('FILE', 'append to FILE a line of JSON for all that is opened, read and decided'),
} satisfies Options;

/** Options of each command that reads sources. */
export const READING_OPTIONS = {
  progress: flag('show progress on stderr also when it is no terminal'),
  'device-may-fail': choice(
    ['never-twice', 'around', 'stop'],
    'never-twice',
    'what is done about a device of which a read fails: not ask for it again, read around it, read no more of the device',
  ),
  'write-map': text('FILE', 'write what could not be read as a map of ddrescue; PATH?map=FILE leaves it out'),
  shards: texts(
    'FOLDER',
    'SOURCE is a file on a brick of GlusterFS, and its further shards are in FOLDER, a brick or the .shard in it; once for each brick',
  ),
} satisfies Options;

const OUTPUT = withLetter(
  'o',
  text(
    'FILE',
    'write to FILE what would be printed: it is there whole or not at all, and nothing of that name may be there',
  ),
);

const ALL = flag('show every section, and every line of long tables');

const SHOW = several(
  SECTIONS,
  'only this part of the report; on a terminal each is a line unless it is asked for; may be repeated',
);

const ZFS = text('2.1|2.2|2.3|2.4', 'the OpenZFS that is to import, or one release of it such as 2.3.9 (default: 2.3)');

const DEPTH = choice(
  ['labels', 'mos', 'meta', 'data'],
  'meta',
  'how far each txg is checked: labels and uberblocks, its root, all metadata, all data',
);

export const SCAN_OPTIONS = {
  output: OUTPUT,
  zfs: ZFS,
  depth: DEPTH,
  pool: text('NAME|GUID', 'only this pool'),
  'min-txg': unsigned('N', 'only txgs from N on'),
  'max-txg': unsigned('N', 'only txgs up to N'),
  all: ALL,
  show: SHOW,
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
  html: text('FILE', 'also write the report as a page for a browser; nothing of that name may be there'),
  'with-history': flag('also read the history of each pool into the document, as --html does for its page'),
  'json-lines': flag('print each txg as a line of JSON as soon as it is judged, then the document in one line'),
} satisfies Options;

export const WEB_OPTIONS = {
  port: unsigned('N', 'where to listen on this machine (default: a port that is free)'),
} satisfies Options;

export const REPORT_OPTIONS = {
  html: text('FILE', 'the page to write; nothing of that name may be there; needed'),
  pool: text('NAME|GUID', 'which pool scan was asked for, where it found none'),
} satisfies Options;

export const VERIFY_OPTIONS = {
  output: OUTPUT,
  zfs: ZFS,
  txg: unsigned('T', 'which txg; needed, unless --checkpoint is given'),
  checkpoint: flag('the uberblock that the pool keeps as its checkpoint'),
  image: flag(
    'in place of a txg: does each SOURCE, a disk image that keeps hashes of its bytes (E01), still sum to them?',
  ),
  depth: maybe(
    ['meta', 'data'],
    'how far it is checked: all metadata, or all data too (default: data; meta of a bundle)',
  ),
  pool: text('NAME|GUID', 'which pool, where the sources hold several'),
  all: ALL,
} satisfies Options;

export const TABLE_OPTIONS = { output: OUTPUT, all: ALL } satisfies Options;

/** Options of the commands that look into one pool at one txg. */
export const POOL_OPTIONS = {
  output: OUTPUT,
  pool: text('NAME|GUID', 'which pool, where the sources hold several'),
  txg: unsigned('T', 'look at the pool as it was at txg T (default: the newest that opens)'),
} satisfies Options;

export const HISTORY_OPTIONS = { ...POOL_OPTIONS, all: ALL } satisfies Options;

export const BLOCK_OPTIONS = {
  ...POOL_OPTIONS,
  decompress: text('ALG', 'undo a compression: lz4, gzip, zstd, lzjb, zle'),
  birth: unsigned('T', 'txg in which the block was written; matters on an expanded raidz'),
  raw: flag('the bytes themselves to stdout, no text'),
} satisfies Options;

export const EXPLAIN_OPTIONS = {
  output: OUTPUT,
  zfs: ZFS,
  depth: DEPTH,
  pool: text('NAME|GUID', 'only this pool'),
} satisfies Options;

export const BUNDLE_OPTIONS = {
  output: withLetter('o', text('FILE', 'the bundle to write; nothing of that name may be there')),
  check: flag('in place of writing one: is each SOURCE, a bundle, what was written, by whom, when?'),
  'without-names': flag('leave out names of datasets, snapshots and files, and the history'),
  'with-identity': flag('also put in model and serial number of each device, as the system has them'),
} satisfies Options;

export const CARVE_OPTIONS = {
  output: OUTPUT,
  state: text('FILE', 'keep there how far it came: the same command goes on from it'),
  all: ALL,
} satisfies Options;

export const OVERLAY_OPTIONS = {
  output: withLetter('o', text('DIR', 'the folder to make, which must not be there yet; needed')),
  txg: unsigned('T', 'which txg (default: the one that scan recommends)'),
  checkpoint: flag('the uberblock that the pool keeps as its checkpoint'),
  as: choice(
    ['qcow2', 'dm', 'copy'],
    'qcow2',
    'what to make: qcow2 files over the sources, tables of the device-mapper, patched copies',
  ),
  method: choice(['hide', 'raise'], 'hide', 'hide newer uberblocks, or make the chosen one the newest'),
  'keep-state': flag('leave the state of the pool in the labels: zpool import may then need -f or -D'),
  undetach: flag('devices that were detached, replaced or removed count as members again'),
  'restore-gpt': choice(
    ['no', 'auto', '512', '4096'],
    'no',
    'overlay the whole disk, with a partition table where its own is lost; bytes a sector where no device says so',
  ),
  assume: texts(
    'DEVICE=GUID',
    'DEVICE, one of the sources, is that leaf, though no label says so; proved first; may be repeated',
  ),
  pool: text('NAME|GUID', 'which pool, where the sources hold several'),
} satisfies Options;
