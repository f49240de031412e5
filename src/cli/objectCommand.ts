import { unlessStopped, untilStopped } from '../api/unlessStopped.ts';
import { UsageError, ZfsUberError } from '../bytes/errors.ts';
import type { WalkOptions } from '../dataset/block.ts';
import type { DmuObject } from '../dataset/object.ts';
import type { Objset } from '../dataset/objset.ts';
import type { PoolAt } from '../dataset/poolAt.ts';
import { Zap } from '../dataset/zap.ts';
import { jsonParts } from '../document/jsonParts.ts';
import { nvlistJson } from '../document/nvlistJson.ts';
import {
  isZapType,
  type ObjectEntry,
  objectEntry,
  type TreeEntry,
  treeEntry,
  type ZapEntryText,
  zapEntryText,
} from '../document/objectDocument.ts';
import { errorEntries } from '../document/viewHead.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import { blocksHeadText, objectAbout, objectText, treeEntryText, zapEntryLines } from '../text/objectText.ts';
import { troublesText, viewHeadText } from '../text/viewHeadText.ts';
import type { Run } from './command.ts';
import type { POOL_OPTIONS } from './commandOptions.ts';
import { nearest } from './nearest.ts';
import { withPoolView } from './poolView.ts';
import { sendParts } from './sendParts.ts';
import { pageFor } from './terminal.ts';

/** Errors that are kept: a destroyed object may have one a block. */
const TROUBLES = 1000;
/** Source: module/zfs/dmu.c, dmu_ot: ZFS directory */
const DIRECTORY = 20;

export const runObject: Run<typeof POOL_OPTIONS> = async (request, terminal, library) =>
  withPoolView(request, terminal, library, async ({ head, view, signal, incomplete }) => {
    const { values, operands } = request;
    const [dataset = '', id = ''] = operands;
    const troubles: ZfsUberError[] = [];
    const onTrouble = (trouble: ZfsUberError) => {
      incomplete();
      if (troubles.length < TROUBLES) troubles.push(trouble);
    };
    const object =
      view === null
        ? null
        : await unlessStopped(
            signal,
            () => orNull(() => findObject(view, dataset, id, signal), onTrouble),
            () => null,
          );
    const entry =
      view === null || object === null
        ? null
        : await unlessStopped(
            signal,
            () => orNull(() => describeObject(view, object, onTrouble), onTrouble),
            () => null,
          );
    const blocks = () => untilStopped(signal, treeOf(object, { signal, onTrouble }));
    const entries = () => untilStopped(signal, zapEntriesOf(object, { signal, onTrouble }));
    const errors = () => errorEntries(troubles);
    if (values.json) {
      const about = { schema: 'zfs-uber/object/1', ...head, dataset, object: entry };
      const lists = [
        { name: 'blocks', items: blocks() },
        { name: 'entries', items: entries() },
      ];
      return sendParts(
        terminal,
        jsonParts(about, lists, () => ({ stopped: signal.aborted, troubles: errors() })),
      );
    }
    const page = await pageFor(terminal, values['no-color']);
    async function* text(): AsyncGenerator<string> {
      const about = entry === null ? [] : objectAbout(page, dataset, entry);
      yield `${viewHeadText(page, head, about).join('\n')}\n`;
      if (entry !== null && object !== null) {
        yield `\n${objectText(page, entry).join('\n')}\n`;
        if (!values.quiet) {
          let between = `\n${blocksHeadText(page)}\n`;
          for await (const each of blocks()) {
            yield `${between}${treeEntryText(page, each).join('\n')}\n`;
            between = '';
          }
        }
        let between = `\n${page.style.dim('  Entries')}\n`;
        for await (const each of entries()) {
          yield `${between}${zapEntryLines(page, each, object.dnode.type === DIRECTORY).join('\n')}\n`;
          between = '';
        }
      }
      const lines = troublesText(page, 'Not all could be read', errors(), head);
      if (lines.length > 0) yield `\n${lines.join('\n')}\n`;
    }
    return sendParts(terminal, text());
  });

async function orNull<T>(work: () => Promise<T>, onTrouble: (trouble: ZfsUberError) => void): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ZfsUberError) || error instanceof UsageError) throw error;
    onTrouble(error);
    return null;
  }
}

/** Objects outside the numbering, by name. */
const ACCOUNTING = ['user-used', 'group-used', 'project-used'];
const LARGEST = 2n ** 48n;

/** @throws UsageError when there is no such dataset or object */
async function findObject(view: PoolAt, dataset: string, id: string, signal: AbortSignal): Promise<DmuObject> {
  const objset = await findObjset(view, dataset, signal);
  const accounting = ACCOUNTING.includes(id)
    ? objset.accounting().find(({ name }) => name.replace(' ', '-') === id)
    : undefined;
  if (accounting !== undefined) return accounting.object;
  let number = /^(0x[0-9a-f]{1,12}|\d{1,15})$/i.test(id) ? BigInt(id) : null;
  if (number === null && dataset === 'mos') number = await view.mos.directory.integer(id);
  if (number === null || number >= LARGEST) {
    const named = dataset === 'mos' ? ', or a name in the directory of the MOS (object 1)' : '';
    throw new UsageError(`object: expected the number of an object${named}; found '${id}'`);
  }
  if (number === 0n) return objset.metaObject;
  const object = await objset.find(number, signal);
  if (object === null) throw new UsageError(`object: ${dataset} has no object ${number} at txg ${view.txg}`);
  return object;
}

/** @param dataset a name, `mos`, or the number of a dataset in the MOS */
async function findObjset(view: PoolAt, dataset: string, signal: AbortSignal): Promise<Objset> {
  if (dataset === 'mos') return view.objset(0n, signal);
  if (/^\d{1,15}$/.test(dataset)) return view.objset(BigInt(dataset), signal);
  const found = await view.dsl.find(dataset, signal);
  if (found !== null) return view.objset(found, signal);
  const names: string[] = [];
  for await (const { name } of view.datasets({ signal, onTrouble: () => {} })) names.push(name);
  const near = nearest(dataset, names);
  const hint = near === null ? '; the command datasets lists those that there are' : `; did you mean '${near}'?`;
  throw new UsageError(`object: no dataset '${dataset}' at txg ${view.txg}${hint}`);
}

async function describeObject(
  view: PoolAt,
  object: DmuObject,
  onTrouble: (trouble: ZfsUberError) => void,
): Promise<ObjectEntry> {
  const packed = object.path[0] === 'MOS' && object.dnode.type === OBJECT_TYPE.packedNvlist;
  const nvlist = packed ? await orNull(() => view.mos.nvlist(object.id), onTrouble) : null;
  return objectEntry(object, nvlist === null ? null : nvlistJson(nvlist));
}

async function* treeOf(object: DmuObject | null, options: Required<WalkOptions>): AsyncGenerator<TreeEntry> {
  if (object === null) return;
  try {
    for await (const pointer of object.pointers({}, options)) yield treeEntry(pointer, object);
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    options.onTrouble?.(error);
  }
}

async function* zapEntriesOf(object: DmuObject | null, options: Required<WalkOptions>): AsyncGenerator<ZapEntryText> {
  if (object === null || !isZapType(object.dnode.type)) return;
  try {
    // An object of a ZAP type that has nothing yet is a hole.
    if ((await object.blockPointer(0n)) === null) return;
    const zap = await Zap.open(object);
    for await (const entry of zap.entries(options)) yield zapEntryText(entry);
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    options.onTrouble?.(error);
  }
}
