import { OBJECT_TYPE } from '../format/objectTypes.ts';
import type { BlockPlace, LocatedFailure } from '../locate/locateFailures.ts';

export interface DamagedFile {
  /** The living dataset, where it has the damage too; otherwise the youngest snapshot that has it. */
  readonly dataset: string;
  /** From the root of its filesystem; null where no directory names it. */
  readonly path: string | null;
  /** Its other names: hard links. */
  readonly otherPaths: readonly string[];
  /** Its number in the dataset. */
  readonly object: string;
  /**
   * `damaged`: a part of it does not read. `lost`: nothing of it can be reached. `nameless`: it is whole, and the
   * directory that named it is damaged. `unlinked`: it is deleted, and was open when the txg was written.
   */
  readonly state: 'damaged' | 'lost' | 'nameless' | 'unlinked';
  /** Null where nothing tells. */
  readonly directory: boolean | null;
  /** Its own blocks that fail. */
  readonly blocks: number;
  /** Bytes of its length that cannot be read; what lies below an indirect block counts once. Null for all of it. */
  readonly damagedBytes: string | null;
  /** Snapshots and clones that have the same damage. */
  readonly alsoIn: readonly string[];
  /** Why it has no path; null where it has one. */
  readonly nameless: LocatedFailure['nameless'];
}

/** The files that the failures damage, each once for all datasets that share the damage; those without a name last. */
export function damagedFiles(located: readonly LocatedFailure[]): DamagedFile[] {
  const damaged = ownDamage(located);
  const known = new Set(damaged.flatMap(({ dataset, object }) => `${dataset} ${object}`));
  const lost = lostWithOthers(located).filter(({ dataset, object }) => !known.has(`${dataset} ${object}`));
  const order = ({ state }: DamagedFile): number => (state === 'nameless' ? 1 : 0);
  return [...damaged, ...lost].sort(
    (a, b) => order(a) - order(b) || compare(a.dataset, b.dataset) || compare(a.path ?? '', b.path ?? ''),
  );
}

/** The datasets that the failures are in, each once, those that live before their snapshots. */
export function damagedDatasets(located: readonly LocatedFailure[]): string[] {
  const names = [...new Set(located.flatMap((each) => placesOf(each).map(nameOf)))];
  const snapshot = (name: string): number => (name.includes('@') ? 1 : 0);
  return names.sort((a, b) => snapshot(a) - snapshot(b) || compare(a, b));
}

export const nameOf = ({ dataset, datasetObject }: BlockPlace): string => dataset ?? `dataset ${datasetObject}`;

/** Where the block is: the living dataset first, the snapshot that a traversal meets it in last. */
const placesOf = (located: LocatedFailure): readonly BlockPlace[] => [...located.alsoIn, located];

interface Damage {
  readonly place: BlockPlace;
  readonly failures: LocatedFailure[];
}

function ownDamage(located: readonly LocatedFailure[]): DamagedFile[] {
  const files = new Map<string, Damage>();
  for (const each of located) {
    const { failure, objectType, paths, range } = each;
    const { object, blockId, what } = failure;
    if (objectType !== OBJECT_TYPE.plainFile && objectType !== OBJECT_TYPE.directory && paths.length === 0) continue;
    if (object <= 0n || (range === null && blockId >= 0n) || what === 'intent log') continue;
    for (const place of placesOf(each)) {
      const key = `${place.datasetObject} ${object}`;
      const those = files.get(key);
      if (those === undefined) files.set(key, { place, failures: [each] });
      else those.failures.push(each);
    }
  }
  const numbers = new Map(located.map((each, i) => [each, i]));
  const shared = new Map<string, Damage[]>();
  for (const damage of files.values()) {
    const { place, failures } = damage;
    const blocks = failures.map((each) => numbers.get(each));
    const key = JSON.stringify([failures[0]?.failure.object.toString(), place.paths, blocks]);
    const those = shared.get(key);
    if (those === undefined) shared.set(key, [damage]);
    else those.push(damage);
  }
  return [...shared.values()].flatMap(([first, ...others]) => (first === undefined ? [] : [fileOf(first, others)]));
}

function fileOf({ place, failures }: Damage, others: readonly Damage[]): DamagedFile {
  const [first] = failures;
  const [path = null, ...otherPaths] = place.paths;
  return {
    dataset: nameOf(place),
    path,
    otherPaths,
    object: first?.failure.object.toString() ?? '0',
    state: place.nameless === 'unlinked' ? 'unlinked' : 'damaged',
    directory: first?.objectType == null ? null : first.objectType === OBJECT_TYPE.directory,
    blocks: failures.length,
    damagedBytes: coveredBytes(failures).toString(),
    alsoIn: others.map((other) => nameOf(other.place)),
    nameless: place.nameless,
  };
}

/** Files that are gone, or have no name any more, with a block that is not theirs. */
function lostWithOthers(located: readonly LocatedFailure[]): DamagedFile[] {
  return located.flatMap((each) => {
    const [first = each, ...others] = placesOf(each);
    return each.lost.map(({ object, state, paths, directory }): DamagedFile => {
      const [path = null, ...otherPaths] = paths;
      return {
        dataset: nameOf(first),
        path,
        otherPaths,
        object: object.toString(),
        state,
        directory,
        blocks: 0,
        damagedBytes: state === 'nameless' ? '0' : null,
        alsoIn: others.map(nameOf),
        nameless: path !== null ? null : state === 'unlinked' ? 'unlinked' : 'unknown',
      };
    });
  });
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function coveredBytes(located: readonly LocatedFailure[]): bigint {
  const ranges = located.flatMap(({ range }) => (range === null ? [] : [range]));
  ranges.sort((a, b) => (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0));
  let [sum, end] = [0n, 0n];
  for (const { offset, length } of ranges) {
    const from = offset > end ? offset : end;
    const to = offset + length;
    if (to <= from) continue;
    sum += to - from;
    end = to;
  }
  return sum;
}
