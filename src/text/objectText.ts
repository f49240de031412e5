import { padEnd, padStart } from '../bytes/printable.ts';
import { blockAddresses } from '../document/blockEntry.ts';
import { leaves } from '../document/nvlistJson.ts';
import type { ObjectEntry, ObjectStream, TreeEntry, ZapEntryText } from '../document/objectDocument.ts';
import { sizeText } from './amounts.ts';
import { clean, flow, type Page, paragraph, wrap } from './page.ts';
import { troublesText, viewHeadText } from './viewHeadText.ts';

/** Source: module/zfs/dmu.c, dmu_ot */
const DIRECTORY = 'ZFS directory';

/** The report of `object`, in parts. */
export async function* objectText(
  page: Page,
  { head, lists, tail }: ObjectStream,
  choice: { readonly quiet: boolean },
): AsyncGenerator<string> {
  const { dataset, object } = head;
  const about = object === null ? [] : objectAbout(page, dataset, object);
  yield `${viewHeadText(page, head, about).join('\n')}\n`;
  if (object !== null) {
    yield `\n${fieldsText(page, object).join('\n')}\n`;
    if (!choice.quiet) yield* blocksText(page, lists.blocks());
    yield* entriesText(page, lists.entries(), object.type === DIRECTORY);
  }
  const lines = troublesText(page, 'Not all could be read', tail().troubles, head);
  if (lines.length > 0) yield `\n${lines.join('\n')}\n`;
}

async function* blocksText(page: Page, blocks: AsyncIterable<TreeEntry>): AsyncGenerator<string> {
  let between = `\n${blocksHeadText(page)}\n`;
  for await (const each of blocks) {
    yield `${between}${treeEntryText(page, each).join('\n')}\n`;
    between = '';
  }
}

async function* entriesText(
  page: Page,
  entries: AsyncIterable<ZapEntryText>,
  directory: boolean,
): AsyncGenerator<string> {
  let between = `\n${page.style.dim('  Entries')}\n`;
  for await (const each of entries) {
    yield `${between}${zapEntryLines(page, each, directory).join('\n')}\n`;
    between = '';
  }
}

/** What the object is, in a line for a person. */
function objectAbout(page: Page, dataset: string, { id, type, levels, usedBytes, lengthBytes }: ObjectEntry): string[] {
  const tree = levels === 1 ? '1 level' : `${levels} levels`;
  return [
    `${clean(page, dataset)} object ${id}: ${clean(page, type)}`,
    tree,
    `${sizeText(lengthBytes)} long`,
    `${sizeText(usedBytes)} used`,
  ];
}

/** The dnode, its bonus and, of a packed nvlist, the content. */
function fieldsText(page: Page, object: ObjectEntry): string[] {
  const { bonus, spill, nvlist } = object;
  const facts = [
    `data blocks ${sizeText(object.dataBlockBytes)}`,
    `indirect blocks ${sizeText(object.indirectBlockBytes)}`,
    `dnode ${sizeText(object.dnodeBytes)}`,
    `checksum ${object.checksum}`,
    `compression ${object.compression}`,
    `flags 0x${object.flags.toString(16)}`,
    `last block ${object.maxBlockId}`,
  ];
  const lines = [page.style.dim('  Dnode'), ...flow(facts, ', ', page.width - 4, '').map((line) => `    ${line}`)];
  if (bonus !== null) {
    lines.push(page.style.dim(`  Bonus: ${clean(page, bonus.type)}, ${bonus.lengthBytes} bytes`));
    if (bonus.fields === null)
      lines.push(...chunks(bonus.hex, Math.max(16, page.width - 4)).map((line) => `    ${line}`));
    // Made of numbers, flags and texts at every level, and of null where there is none.
    else lines.push(...keyValues(page, bonus.fields as Parameters<typeof leaves>[0]));
  }
  if (spill !== null) lines.push(...paragraph(page, `Spill: ${blockAddresses(spill).join('  ')}`));
  if (nvlist !== null) lines.push(page.style.dim('  Content: a packed nvlist'), ...keyValues(page, nvlist));
  return lines;
}

function keyValues(page: Page, value: Parameters<typeof leaves>[0]): string[] {
  const lines: string[] = [];
  for (const { key, value: text } of leaves(value)) {
    lines.push(
      ...wrap(`${clean(page, key)}: ${clean(page, String(text ?? 'none'))}`, page.width - 6).map(
        (line, i) => `${i === 0 ? '    ' : '      '}${line}`,
      ),
    );
  }
  return lines;
}

function chunks(text: string, width: number): string[] {
  const even = width - (width % 2);
  return Array.from({ length: Math.ceil(text.length / even) }, (_, i) => text.slice(i * even, (i + 1) * even));
}

const LEVEL = 5;
const OFFSET = 10;
const BIRTH = 9;

const blocksHeadText = (page: Page): string =>
  page.style.dim(
    `  ${padEnd('LEVEL', LEVEL)}  ${padStart('OFFSET', OFFSET)}  ${padStart('BIRTH', BIRTH)}  VDEV:OFFSET:SIZE`,
  );

/** One pointer of the tree; the addresses are what the command `block` takes. */
function treeEntryText(page: Page, block: TreeEntry): string[] {
  const offset = BigInt(block.offsetBytes).toString(16);
  const extra = [
    ...(block.embedded ? [`embedded, ${block.psize} bytes`] : []),
    ...(block.compression === 'off' ? [] : [block.compression]),
    ...(block.encrypted ? ['encrypted'] : []),
    ...(block.gang ? ['gang'] : []),
    ...(block.dedup ? ['dedup'] : []),
  ];
  const start = `  ${padEnd(`L${block.level}`, LEVEL)}  ${padStart(offset, OFFSET)}  ${padStart(block.birthTxg, BIRTH)}  `;
  const [first = '', ...rest] = flow([...blockAddresses(block), extra.join(', ')], '  ', page.width - start.length, '');
  return [start + first.trimEnd(), ...rest.map((line) => ' '.repeat(start.length) + line)];
}

/** Source: include/sys/fs/zfs.h and zfs_znode.h, ZFS_DIRENT_TYPE; the types of directory entries of any Unix */
const KINDS: Readonly<Record<string, string>> = {
  '1': 'fifo',
  '2': 'character device',
  '4': 'directory',
  '6': 'block device',
  '8': 'file',
  '10': 'symbolic link',
  '12': 'socket',
};

/** @param directory the object is a directory of files: values are objects with the type of file in the upper bits */
function zapEntryLines(page: Page, entry: ZapEntryText, directory: boolean): string[] {
  const value = entry.text === null ? entry.values.join(' ') : bytesText(page, entry.text, entry.values[0] ?? '');
  const [word = '0'] = entry.values;
  const said = directory && entry.integerSize === 8 ? direntText(BigInt(word)) : value;
  return wrap(`${clean(page, entry.name)} = ${said}`, page.width - 4).map(
    (line, i) => `${i === 0 ? '  ' : '    '}${line}`,
  );
}

function direntText(word: bigint): string {
  const kind = KINDS[(word >> 60n).toString()];
  return `object ${word & 0xffff_ffff_ffffn}${kind === undefined ? '' : `, ${kind}`}`;
}

/** Text where the bytes are some, up to the NUL at their end; else hexadecimal. */
function bytesText(page: Page, text: string, hex: string): string {
  const shown = clean(page, text);
  const whole = hex.length === 2 * (text.length + 1) || hex.length === 2 * text.length;
  return shown === text && whole ? `"${shown}"` : hex;
}
