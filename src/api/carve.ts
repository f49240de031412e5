import type { Engine } from '../block/engine.ts';
import { asOperand } from '../bytes/shellWord.ts';
import { carveDisk } from '../dataset/carveDisk.ts';
import { buildCarveDocument, type CarveDocument, type CarvedSource } from '../document/carveDocument.ts';
import type { HandlePool } from '../node/handlePool.ts';
import type { OpenedSource } from '../node/openedSource.ts';
import type { SourceSpec } from '../node/target.ts';
import { noting } from '../source/failedReads.ts';
import { beforeMap } from '../source/network/remotePlace.ts';
import type { ByteSource } from '../source/source.ts';
import type { CarveStates } from './carveState.ts';
import { describeOpened } from './describeOpened.ts';
import { carveStates, chooseEngine, openSources } from './host.ts';
import { isPlain } from './plainSource.ts';
import type { Progress } from './progress.ts';
import { toolInfo } from './toolInfo.ts';

export interface CarveSourcesOptions {
  /** File that keeps how far it came: it is read where it is there, and written all along. */
  readonly state?: string | null | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
  /** Ends the reading: the document then has what was found by then. */
  readonly signal?: AbortSignal | undefined;
  /** Through which files and devices are opened, and how what fails is read. Default: the system, with care. */
  readonly handles?: HandlePool | undefined;
  readonly engine?: Engine | undefined;
}

/**
 * Looks through whole disks for what is left of pools: labels and uberblocks anywhere, by their checksums, and roots of
 * pools that no uberblock leads to.
 *
 * @param sources paths of devices, images and directories, `path@OFFSET[+LENGTH]`, or what gives bytes itself
 * @returns the document of `carve --json`
 * @throws UsageError when a path makes no sense, or the file of the state is none, is of other sources, or lies on one;
 *   OutputError when it cannot be written
 */
export async function carve(sources: readonly SourceSpec[], options: CarveSourcesOptions = {}): Promise<CarveDocument> {
  const { state = null, progress, signal, handles, engine = chooseEngine() } = options;
  const opened = await openSources(sources, { ...(signal && { signal }), ...(handles && { pool: handles }) });
  try {
    const states = state === null ? null : await carveStates(state, sources, opened);
    const carved: CarvedSource[] = [];
    for (const disk of disksOf(opened)) {
      carved.push(await carveOne(disk, { states, progress, signal, engine }));
    }
    return buildCarveDocument(toolInfo(engine), carved, signal?.aborted ?? false);
  } finally {
    await Promise.all(opened.map((each) => each.close()));
  }
}

/** A disk to be looked through, or why there is none. */
interface Disk {
  readonly opened: OpenedSource;
  readonly source: ByteSource | null;
  /** Bytes in the path where `source` begins. */
  readonly offset: number;
  readonly partitions: readonly number[];
}

/** Whole disks, each once, whatever was found on them; slices as they were given. */
function disksOf(opened: readonly OpenedSource[]): Disk[] {
  const disks = new Map<string, Disk>();
  for (const each of opened) {
    const { disk, kind, offset, path, partition } = each;
    if (disk === null || kind === 'slice') {
      disks.set(`${kind} ${offset} ${path}`, { opened: each, source: each.source, offset, partitions: [] });
      continue;
    }
    const key = `${disk.id} ${disk.offset} ${disk.image?.snapshot ?? ''} ${each.bundle?.path ?? ''}`;
    const known = disks.get(key) ?? { opened: each, source: disk.source, offset: 0, partitions: [] };
    disks.set(key, { ...known, partitions: [...known.partitions, ...(partition === null ? [] : [offset])] });
  }
  return [...disks.values()];
}

interface One extends Pick<CarveSourcesOptions, 'progress' | 'signal'> {
  readonly engine: Engine;
  readonly states: CarveStates | null;
}

const MIB = 1024 * 1024;

async function carveOne(
  { opened, source, offset, partitions }: Disk,
  { states, progress, signal, engine }: One,
): Promise<CarvedSource> {
  if (source === null) return { source: describeOpened(opened), carved: null, place: null };
  const noted = noting(source.selection?.searched ?? source);
  const total = Math.ceil(noted.size / MIB);
  const kept = (await states?.of({ path: opened.path, offset }, noted, engine)) ?? null;
  const carved = await carveDisk(noted, {
    engine,
    signal,
    partitions,
    from: kept?.from ?? undefined,
    async progress(done, state) {
      progress?.({ phase: 'carving, MiB', done: Math.floor(done / MIB), total });
      await kept?.note(state);
    },
  });
  await kept?.keep(carved.state);
  const whole = { ...opened, kind: kindOf(opened), offset, size: noted.size, source: noted };
  const all = opened.disk?.source.size ?? noted.size;
  const named = {
    path: asOperand(opened.path),
    suffix: saidBehind(opened),
    offset,
    whole: all,
    plain: isPlain(opened),
  };
  const place = isNamed(opened) ? named : null;
  return { source: describeOpened({ ...whole, partition: null }), carved, place };
}

/** Its path leads to it again, and to a part of it with `@OFFSET` behind. */
function isNamed({ bundle, disk }: OpenedSource): boolean {
  const { image = null, origin = 'path' } = disk ?? {};
  if (bundle !== null || (image?.snapshot ?? null) !== null || origin === 'given') return false;
  // Shards that were given are looked for among what is given.
  if (image !== null && image.shards !== null && image.pieces.length > 0) return false;
  return typeof origin === 'string' || origin.kind === 'nbd' || origin.url !== null;
}

/** What stands behind a text that names it, or a part of it: of an address what follows `?` is for the server. */
function saidBehind({ disk }: OpenedSource): string {
  const { map = null, origin = 'path', image = null } = disk ?? {};
  const folders = (image?.shards?.globs ?? []).map((glob) => glob.replace(/\/[^/]*$/, ''));
  const named = map === null ? '' : `${beforeMap(typeof origin !== 'string')}${map}`;
  return [named, ...folders].join('?shards=');
}

/** Of the disk that a partition was found on. */
function kindOf({ kind, disk }: OpenedSource): OpenedSource['kind'] {
  if (kind !== 'gpt' && kind !== 'mbr') return kind;
  const format = disk?.image?.format ?? 'pieces';
  if (format !== 'pieces' && format !== 'shards' && format !== 'volume') return format;
  return disk?.block === true ? 'block' : 'raw';
}
