import { LimitError, ZfsUberError } from '../../bytes/errors.ts';
import { entryName } from '../../dataset/entryName.ts';
import { ENTRY_OBJECT, Files } from '../../dataset/files.ts';
import type { DmuObject } from '../../dataset/object.ts';
import type { Objset } from '../../dataset/objset.ts';
import { readAhead } from '../../dataset/readAhead.ts';
import { Zap } from '../../dataset/zap.ts';
import type { Blkptr } from '../../format/blkptr.ts';
import { OBJECT_TYPE } from '../../format/objectTypes.ts';
import type { NeedTrouble } from '../../load/reason.ts';
import type { BlockReader } from '../../pool/blockRead.ts';
import { type ErrorCause, errorCause } from '../../pool/errorCause.ts';

/** Files below one directory that are looked at. */
const MAX_FILES = 1_000_000;
/** Blocks verified at once, and sound ones that are remembered for other txgs. */
const AT_ONCE = 16;
const MAX_SOUND = 1_000_000;

/** What became of a need at one txg. `unknown`: this library cannot tell. */
export type NeedState =
  | { readonly state: 'whole' | 'absent' }
  | { readonly state: 'damaged' | 'unknown'; readonly trouble: NeedTrouble };

/** Looks at single files, and at directories with all below; a block found sound once is not read again. */
export class FileCheck {
  readonly #reader: BlockReader;
  readonly #sound = new Set<string>();

  constructor(reader: BlockReader) {
    this.#reader = reader;
  }

  /** @throws the reason of `signal` */
  async check(objset: Objset, path: readonly string[], signal: AbortSignal | undefined): Promise<NeedState> {
    try {
      const files = await Files.open(objset, signal);
      const id = await idOf(files, path, signal);
      return id === null ? { state: 'absent' } : await this.#below(files, id, signal);
    } catch (error) {
      return stateOf(error);
    }
  }

  async #below(files: Files, top: bigint, signal: AbortSignal | undefined): Promise<NeedState> {
    const waiting = [top];
    const seen = new Set(waiting);
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const object = await files.objset.object(id, signal);
      await this.#readsWhole(object, signal);
      if (object.dnode.type !== OBJECT_TYPE.directory) continue;
      for await (const entry of (await Zap.open(object, signal)).entries({ signal })) {
        const below = (entry.integers[0] ?? 0n) & ENTRY_OBJECT;
        if (seen.has(below)) continue;
        seen.add(below);
        if (seen.size > MAX_FILES) throw new LimitError(`more than ${MAX_FILES} files`, object.place);
        waiting.push(below);
      }
    }
    return { state: 'whole' };
  }

  /** @throws ZfsUberError for the first block that does not read */
  async #readsWhole(object: DmuObject, signal: AbortSignal | undefined): Promise<void> {
    const { spill } = object.dnode;
    if (spill !== null) await this.#verify(spill, signal);
    const pointers = readAhead(object.pointers({}, { signal }), AT_ONCE, ({ bp, level }) =>
      // Indirect blocks are read by whoever follows them.
      level > 0 ? Promise.resolve() : this.#verify(bp, signal),
    );
    for await (const _ of pointers) signal?.throwIfAborted();
  }

  async #verify(bp: Blkptr, signal: AbortSignal | undefined): Promise<void> {
    if (bp.hole || bp.embedded) return;
    const key = String.fromCharCode(...bp.bytes);
    if (this.#sound.has(key)) return;
    await this.#reader.verify(bp, signal);
    if (this.#sound.size < MAX_SOUND) this.#sound.add(key);
  }
}

async function idOf(files: Files, path: readonly string[], signal: AbortSignal | undefined): Promise<bigint | null> {
  let id = files.root;
  for (const step of path) {
    const object = await files.objset.object(id, signal);
    if (object.dnode.type !== OBJECT_TYPE.directory) return null;
    const found: bigint | null = await idIn(await Zap.open(object, signal), step, signal);
    if (found === null) return null;
    id = found;
  }
  return id;
}

async function idIn(directory: Zap, name: string, signal: AbortSignal | undefined): Promise<bigint | null> {
  const word = await directory.integer(name, signal);
  if (word !== null) return word & ENTRY_OBJECT;
  // A name that is no UTF-8, as it is printed.
  if (!name.includes('\\x')) return null;
  for await (const entry of directory.entries({ signal })) {
    if (entryName(entry) === name) return (entry.integers[0] ?? 0n) & ENTRY_OBJECT;
  }
  return null;
}

/** What they were for may be whole all the same. */
const OPEN: ReadonlySet<ErrorCause> = new Set<ErrorCause>(['unsupported', 'failed-read']);

/** @throws what is no error of this library */
export function stateOf(error: unknown): NeedState {
  if (!(error instanceof ZfsUberError)) throw error;
  return { state: OPEN.has(errorCause(error)) ? 'unknown' : 'damaged', trouble: { kind: 'error', error } };
}
