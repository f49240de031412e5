import { FormatError, UnsupportedError } from '../bytes/errors.ts';
import type { Mos } from '../dataset/mos.ts';
import type { ZapEntry } from '../format/zapEntry.ts';
import type { LoadState, MosView } from './loadState.ts';

/** What an earlier step opened. @throws UnsupportedError when a step is asked out of its order */
export function viewOf({ view }: LoadState): MosView {
  if (view === null) throw new UnsupportedError('the meta-object set was not opened', null);
  return view;
}

/**
 * The same load, for what is found out once for all candidates: objects are asked for through `mos`, and the signal of
 * the one who asks first ends it for nobody.
 */
export const throughMos = (state: LoadState, mos: Mos): LoadState => ({
  ...state,
  signal: undefined,
  view: { ...viewOf(state), mos },
});

/**
 * The object that the directory of the MOS names.
 *
 * @throws FormatError when it names none: what OpenZFS calls a corrupted pool
 */
export function required({ mos }: MosView, key: string, signal?: AbortSignal): Promise<bigint> | bigint {
  const id = mos.directory.integer(key, signal);
  return id instanceof Promise ? id.then((found) => named(mos, key, found)) : named(mos, key, id);
}

function named({ directory }: Mos, key: string, id: bigint | null): bigint {
  if (id !== null) return id;
  throw new FormatError('format-value', `entry ${key}`, 'an object', 'none', directory.object.place);
}

/** The same, null where OpenZFS does without. */
export const optional = ({ mos }: MosView, key: string, signal?: AbortSignal): Promise<bigint | null> | bigint | null =>
  mos.directory.integer(key, signal);

/** An entry that has to be of a given shape where it is there at all. @throws FormatError when it is of another */
export function entryOf(
  { mos }: MosView,
  key: string,
  integerSize: number,
  signal?: AbortSignal,
): Promise<ZapEntry | null> | ZapEntry | null {
  const entry = mos.directory.get(key, signal);
  return entry instanceof Promise
    ? entry.then((found) => shaped(key, integerSize, found))
    : shaped(key, integerSize, entry);
}

function shaped(key: string, integerSize: number, entry: ZapEntry | null): ZapEntry | null {
  if (entry !== null && entry.integerSize !== integerSize) {
    const found = `${entry.integerSize}`;
    throw new FormatError('format-value', `integer size of entry ${key}`, `${integerSize}`, found, entry.place);
  }
  return entry;
}
