import type { ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { Blkptr } from '../format/blkptr.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import { UnavailableBlockError } from '../pool/blockRead.ts';
import type { Child, Tree } from './children.ts';
import type { PointerScan } from './pointerScan.ts';
import type { BlockRole, Ordered } from './summary.ts';
import type { DatasetList } from './verifyMemo.ts';

/** Marks of what is asked of a pointer, next to the pointer itself. */
export const LEAF = 1;
export const SUBTREE = 2;
export const HEAD = 3;
export const MOS = 4;

/** A block whose children are under way; when the last is done its summary goes to the one above. */
export interface Node {
  readonly above: Node | null;
  readonly order: number;
  readonly tree: Tree;
  /** The blocks below are remembered each for itself. */
  readonly keepBelow: boolean;
  /** How the whole is remembered; null when it is not. */
  readonly mark: Mark | null;
  readonly parts: Ordered[];
  readonly datasets: { readonly order: number; readonly refs: DatasetList }[] | null;
  pending: number;
  /** Share of the whole traversal. */
  share: number;
}

export interface Mark {
  readonly kind: typeof LEAF | typeof SUBTREE | typeof HEAD | typeof MOS;
  readonly slot: number;
  readonly high: number;
  readonly low: number;
  /** Kept for long; otherwise only in the table that forgets. */
  readonly keep: boolean;
}

/** A block to read. */
export interface Wanted {
  readonly node: Node;
  readonly child: Child;
  readonly role: BlockRole;
  readonly mark: Mark;
  /** Of a head dataset's object set: whether its log is wanted, and whether what is below it is. */
  readonly head: { readonly mark: Mark; readonly order: number; readonly subtree: boolean } | null;
  readonly size: number;
}

export function newNode(
  above: Node | null,
  order: number,
  tree: Tree,
  keepBelow: boolean,
  mark: Mark | null,
  share: number,
  datasets: boolean,
): Node {
  return { above, order, tree, keepBelow, mark, parts: [], datasets: datasets ? [] : null, pending: 0, share };
}

export function inOrder({ datasets }: Node): DatasetList {
  if (datasets === null || datasets.length === 0) return [];
  datasets.sort((a, b) => a.order - b.order);
  const [only] = datasets;
  return datasets.length === 1 && only !== undefined ? only.refs : datasets.map(({ refs }) => refs);
}

/** Levels fall from each block to those below it, and dnodes stand in the tree of the dnodes alone: else no end is sure. */
export function wrongPlace(scan: PointerScan, { level, role }: Child): boolean {
  if (scan.level > level) return true;
  if (scan.level > 0) return false;
  // Nothing is behind a redacted pointer, and OpenZFS reads what an object set's leads to whatever it says.
  if (role === 'root') return scan.type !== OBJECT_TYPE.objset || scan.redacted;
  return scan.type === OBJECT_TYPE.objset || (scan.type === OBJECT_TYPE.dnode && role !== 'dnodes');
}

export function roleOf(scan: PointerScan, { role }: Child): BlockRole {
  if (role === 'root') return 'object set';
  if (scan.level > 0) return 'indirect';
  return role === 'dnodes' ? 'dnodes' : 'content';
}

export const placeOf = ({ object, level, blockId }: Child) => ({ object, level, blockId });

export const pointerOf = ({ view, at, littleEndian }: Child, place: Place): Blkptr =>
  new Blkptr(new Uint8Array(view.buffer, view.byteOffset + at, Blkptr.SIZE), littleEndian, place);

/** Lost is what no copy gives; what reads and makes no sense is not counted by whoever reads it raw. */
export const isLoss = (error: ZfsUberError): boolean => error instanceof UnavailableBlockError;
