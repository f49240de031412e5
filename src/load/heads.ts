import { FormatError, LimitError, ZfsUberError } from '../bytes/errors.ts';
import { BONUS, decodeBonus } from '../dataset/bonus.ts';
import type { Mos } from '../dataset/mos.ts';
import { DSL_DIR_FIELD } from '../format/dslDir.layout.ts';
import { type DslDir, decodeDslDir } from '../format/dslDir.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import { ASSERTED } from './hazard.ts';
import type { LoadState } from './loadState.ts';
import type { Asked, Ground, OnAsked } from './objectMemo.ts';
import type { DirectoryName, Subject } from './reading.ts';
import type { At } from './step.ts';
import { required, throughMos, viewOf } from './viewOf.ts';

/** Datasets nested deeper than a name of 255 bytes allows are not followed. */
const MAX_DEPTH = 128;

/** What is wanted of a directory that the walk opened. */
type WalkedDirectory = Pick<DslDir, 'headDataset' | 'children' | 'properties'>;

/** A head that the walk over the directories came to. */
export interface Head {
  readonly name: string;
  readonly id: bigint;
  readonly directory: WalkedDirectory;
}

/** The directories below one, as far as their map reads. */
interface Children {
  readonly entries: readonly (readonly [name: string, id: bigint])[];
  readonly broken: ZfsUberError | null;
}

/**
 * What the walk over the directories came to; the same for all txgs that have the same of what it wants. A map of children
 * that breaks off ends its list without a word.
 *
 * Source: module/zfs/dmu_objset.c, dmu_objset_find_dp_impl
 */
export interface Walked {
  readonly root: bigint | null;
  /** All heads but those of the pool's own directories. */
  readonly heads: readonly Head[];
  /** Directories that were opened: OpenZFS has them in memory, and asks for nothing of them again. */
  readonly directories: ReadonlySet<bigint>;
  /** The first directory that does not open, or of those that do not the first that is more than an error. */
  readonly broken: Failure | null;
}

/** The same at one txg, with what was opened later. */
interface WalkedHere {
  readonly walked: Walked;
  /** Directories beside those of the walk. */
  readonly directories: Set<bigint>;
  /** The numbers in maps that were searched. */
  readonly searched: Map<bigint, Children & { readonly ids: ReadonlySet<bigint> }>;
}

/** A directory, or the map of those below one, as the walk found it. */
type Found =
  | { readonly kind: 'directory'; readonly id: bigint; readonly name: string; readonly value: WalkedDirectory }
  | { readonly kind: 'children'; readonly id: bigint; readonly value: Children['entries'] };

/** What was being read, and why it does not read. */
export interface Failure {
  readonly at: Parameters<At> | null;
  readonly error: ZfsUberError;
}

/** @throws what keeps the walk from being whole */
export function endWalk({ broken }: Walked, at: At): void {
  if (broken === null) return;
  if (broken.at !== null) at(...broken.at);
  throw broken.error;
}

/**
 * Opens a directory, and those above it, unless the walk did: by its number, so that its name is searched for.
 *
 * @param of what is in the directory
 * Source: module/zfs/dsl_dir.c, dsl_dir_hold_obj
 */
export async function holdDirectory(state: LoadState, of: Subject, id: bigint, at: At): Promise<void> {
  const { walked, directories, searched } = await walkedHere(state);
  const chain = new Set<bigint>();
  for (let next = id; !walked.directories.has(next) && !directories.has(next); ) {
    at({ role: 'directory', directory: { of } });
    if (chain.has(next) || chain.size > MAX_DEPTH) throw new LimitError('directories point in a circle', null);
    chain.add(next);
    const { parent } = await openDirectory(state, { of }, next, at);
    if (parent === null) break;
    at({ role: 'names beside', of });
    const above = decodeBonus(await viewOf(state).mos.object(parent, state.signal), BONUS.dslDir, decodeDslDir);
    const map = above.children ?? 0n;
    let known = searched.get(map);
    if (known === undefined) {
      const children = await childrenIn(state, map);
      known = { ...children, ids: new Set(children.entries.map(([, child]) => child)) };
      searched.set(map, known);
    }
    if (!known.ids.has(next)) {
      const place = viewOf(state).mos.directory.object.place;
      throw known.broken ?? new FormatError('format-value', `directory ${next}`, 'a name', 'none', place);
    }
    next = parent;
  }
  for (const each of chain) directories.add(each);
}

/** The walk over the directories of the pool: several steps go through the same list. */
export const walkOf = async (state: LoadState): Promise<Walked> => (await walkedHere(state)).walked;

/** Directories that were opened beside those of the walk. */
export const openedBeside = async (state: LoadState): Promise<ReadonlySet<bigint>> =>
  (await walkedHere(state)).directories;

const walkedHere = (state: LoadState): Promise<WalkedHere> =>
  state.memo.once(viewOf(state).mos.objset, async (): Promise<WalkedHere> => {
    const { mos } = viewOf(state);
    const walked = await state.memo.passes.through<Found, Walked>(`walk ${state.pool.name}`, mos, {
      whole: async (ground) => {
        const value = await walk(state, ground);
        return { value, keeps: value.broken === null };
      },
      again: async (before, found) => ((await isFoundAgain(state, before, found)) ? before : null),
    });
    return { walked, directories: new Set(), searched: new Map() };
  });

/** Whether the walk comes to the same, of whose dnodes some may be different. */
async function isFoundAgain(state: LoadState, before: Walked, found: ReadonlySet<Found>): Promise<boolean> {
  if ((await required(viewOf(state), 'root_dataset', state.signal)) !== before.root) return false;
  for (const each of found) {
    if (each.kind === 'directory') {
      const { headDataset, children, properties } = await walkedDirectory(state, each.name, each.id, () => {});
      const { value } = each;
      if (headDataset !== value.headDataset || children !== value.children || properties !== value.properties) {
        return false;
      }
    } else {
      const { entries, broken } = await childrenIn(state, each.id);
      if (broken !== null || !isSameList(entries, each.value)) return false;
    }
  }
  return true;
}

const isSameList = (a: Children['entries'], b: Children['entries']): boolean =>
  a === b || (a.length === b.length && a.every(([name, id], i) => name === b[i]?.[0] && id === b[i]?.[1]));

async function walk(state: LoadState, ground: Ground<Found>): Promise<Walked> {
  const { signal } = state;
  const found = { heads: [] as Head[], directories: new Set<bigint>() };
  let broken: Failure | null = null;
  let doing: Parameters<At> | null = null;
  const at: At = (...what) => {
    doing = what;
  };
  /** @returns null where it fails, which is kept */
  const opened = async <T>(open: () => Promise<T> | T): Promise<T | null> => {
    try {
      const opening = open();
      // Thousands at each txg are known: none of them waits.
      return opening instanceof Promise ? await opening : opening;
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
      broken = graver(broken, { at: doing, error });
      return null;
    }
  };
  at({ role: 'root directory' });
  const root = await opened(() => required(viewOf(state), 'root_dataset', signal));
  const waiting = root === null ? [] : [{ name: state.pool.name ?? '', id: root, depth: 0, internal: false }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    signal?.throwIfAborted();
    const { name, id, depth, internal } = next;
    if (found.directories.has(id) || depth > MAX_DEPTH) continue;
    let asked: readonly Asked[] | null = null;
    const onAsked = (by: readonly Asked[] | null): void => {
      asked = by;
    };
    const directory = await opened(() => walkedDirectory(state, name, id, at, onAsked));
    if (directory === null) continue;
    ground.add({ kind: 'directory', id, name, value: directory }, asked);
    found.directories.add(id);
    if (internal) continue;
    const { children } = directory;
    const { entries, broken: torn } = children === null ? NO_CHILDREN : await childrenIn(state, children, onAsked);
    if (children !== null) ground.add({ kind: 'children', id: children, value: entries }, torn === null ? asked : null);
    for (const [child, below] of entries) {
      const hidden = child.startsWith('$');
      waiting.push({ name: `${name}/${child}`, id: below, depth: depth + 1, internal: hidden });
    }
    if (directory.headDataset !== null) found.heads.push({ name, id: directory.headDataset, directory });
  }
  return { root, ...found, broken };
}

/** Threads open directories side by side: after the first that fails, others under way may be more than an error. */
const graver = (first: Failure | null, next: Failure): Failure => {
  if (first === null) return next;
  if (first.at?.[1] !== undefined || next.at?.[1] === undefined) return first;
  return { ...next, at: perhaps(next.at) };
};

/** The same, where what failed before it may keep OpenZFS from it. */
export const perhaps = ([what, danger]: Parameters<At>): Parameters<At> =>
  danger === undefined ? [what] : [what, { ...danger, certain: false }];

/** What the walk wants of a directory, opened once for all txgs that have the same. */
const walkedDirectory = (
  state: LoadState,
  name: string,
  id: bigint,
  at: At,
  onAsked?: OnAsked,
): Promise<WalkedDirectory> | WalkedDirectory => {
  const open = async (mos: Mos): Promise<WalkedDirectory> => {
    const { headDataset, children, properties } = await openDirectory(throughMos(state, mos), { name }, id, at);
    return { headDataset, children, properties };
  };
  return state.memo.objects.of('directory', id, viewOf(state).mos, open, onAsked && { onAsked });
};

/** Source: module/zfs/dsl_dir.c, dsl_dir_hold_obj */
async function openDirectory(state: LoadState, name: DirectoryName, id: bigint, at: At): Promise<DslDir> {
  const { mos } = viewOf(state);
  const { signal } = state;
  at({ role: 'directory', directory: name });
  const object = await mos.object(id, signal);
  const directory = decodeBonus(object, BONUS.dslDir, decodeDslDir);
  const zap = object.dnode.type === OBJECT_TYPE.dslDir ? null : await mos.zap(id, signal);
  await zap?.integer(DSL_DIR_FIELD.cryptoKey, signal);
  if (directory.origin === null) return directory;
  at({ role: 'origin', directory: name });
  await mos.object(directory.origin, signal);
  at({ role: 'livelist', directory: name });
  const livelist = (await zap?.integer(DSL_DIR_FIELD.livelist, signal)) ?? null;
  // As for a deadlist: see holdDataset.ts.
  at({ role: 'livelist', directory: name }, ASSERTED);
  if (livelist !== null) await mos.object(livelist, signal);
  return directory;
}

const NO_CHILDREN: Children = { entries: [], broken: null };

async function childrenIn(state: LoadState, map: bigint, onAsked?: OnAsked): Promise<Children> {
  const entries: [string, bigint][] = [];
  const list = async (mos: Mos): Promise<Children['entries']> => {
    for await (const { name, integer } of (await mos.zap(map)).entries()) entries.push([name, integer]);
    return entries;
  };
  try {
    const all = await state.memo.objects.of('children', map, viewOf(state).mos, list, onAsked && { onAsked });
    return { entries: all, broken: null };
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    return { entries, broken: error };
  }
}
