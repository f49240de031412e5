import type { Engine } from '../../block/engine.ts';
import { pureEngine } from '../../block/pureEngine.ts';
import { MARK, markAt } from '../../block/sectorMarks.ts';
import { SECTOR } from '../../bytes/units.ts';
import { LABEL_REGIONS, TRAILER } from '../../format/label.layout.ts';
import { readAround } from '../../source/readAround.ts';
import { readOrNull } from '../../source/readOrNull.ts';
import type { ByteSource, FailedReads, SourceRun } from '../../source/source.ts';
import { configAt, type MetSlot, slotAt, startBySlot } from '../labelEvidence.ts';
import { type FoundVdev, ProvenVdevs } from '../provenVdevs.ts';
import { type CarvedObjset, KeptObjsets, type ObjsetCounts } from './keptObjsets.ts';
import { LARGEST_OBJSET, objsetAt } from './metObjset.ts';

const { config: CONFIG, ring: RING } = LABEL_REGIONS;

/** Large enough that a disk reads at full speed. */
const CHUNK = 4 * 1024 * 1024;
/** Chunks at hand: one is looked at while the disk works at the others. */
const MEMORIES = 4;
/** What ends in a chunk begins so much before it at most: the config of a label is 112 KiB. */
const CARRY = 128 * 1024;

/** What one carving holds and tries at most, so that a disk full of forgeries costs no more than some times one without. */
const MOST = {
  vdevs: 256,
  /** 1 GiB, and any number behind. */
  before: 1 << 12,
  behind: Number.POSITIVE_INFINITY,
  /** Slots that belong to no vdev that is known. */
  slots: 4096,
  /** Marks that are remembered, to go on from. */
  marks: 1 << 16,
} as const;

/** Places tried for units that do not say where their vdev begins, some 3 us each: more on a larger disk, up to a number. */
const trialsFor = (size: number): number => Math.min(1 << 21, (1 << 16) + Math.floor(size / 4096));

/**
 * What may be hashed: this many bytes, and as many more as were read. A place that is tried counts as `TRIAL` of them.
 */
const WORK = 64 * 1024 * 1024;
const TRIAL = 512;

/** Something that was met, to be met again by who goes on with a carving: where it stands, not what it is. */
export interface CarveMark {
  /** Byte of the source: where a trailer begins its sector, or an object set. */
  readonly at: number;
  readonly kind: 'trailer' | 'objset';
}

/** How far a carving is. */
export interface CarveState {
  /** Bytes from the beginning that were looked at. */
  readonly done: number;
  readonly marks: readonly CarveMark[];
  readonly objsets: ObjsetCounts;
}

export interface CarveOptions {
  /** What marks sectors. Default: the TypeScript. */
  readonly engine?: Pick<Engine, 'markSectors'> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What an earlier carving of the same source came to. All that it met is read again: nothing of it is believed. */
  readonly from?: CarveState | undefined;
  /** Called after each chunk, and waited for: `state` is what to go on from. */
  readonly progress?: ((done: number, state: () => CarveState) => void | Promise<void>) | undefined;
}

export interface Carving {
  readonly vdevs: readonly FoundVdev[];
  /** The newest, copies of one counted as one. */
  readonly roots: readonly CarvedObjset[];
  readonly objsets: ObjsetCounts;
  /** Bytes that were read, and that are known to be zero without a read. */
  readonly read: number;
  readonly skipped: number;
  /** Units of labels that were not looked into, because there were too many that fit nowhere. */
  readonly omitted: number;
  /** Ended by the signal before all was looked at. */
  readonly stopped: boolean;
}

/**
 * Looks through all of a source for labels, uberblocks and object sets, wherever they are, at multiples of 512 bytes from
 * its beginning. Nothing is read twice but what begins in another chunk or run than it ends in; what no read is needed for
 * is skipped.
 */
export class Carver {
  readonly #source: ByteSource;
  readonly #failures: FailedReads | undefined;
  readonly #options: CarveOptions;
  readonly #vdevs: ProvenVdevs;
  readonly #slots: MetSlot[] = [];
  readonly #objsets: KeptObjsets;
  readonly #marks: CarveMark[] = [];
  #gone = false;
  #done = 0;
  #read = 0;
  #skipped = 0;
  #omitted = 0;
  #work = WORK;

  /** @param source what of it cannot be read its `failures` are told */
  constructor(source: ByteSource, options: CarveOptions = {}) {
    this.#source = source;
    this.#failures = source.failures;
    this.#options = options;
    // Without the signal: what was met before somebody stopped it is settled all the same, by a few reads a vdev.
    this.#vdevs = new ProvenVdevs(source, { ...MOST, trials: trialsFor(source.size) });
    this.#objsets = new KeptObjsets(options.from?.objsets);
  }

  /** To go on from, at any time. */
  get state(): CarveState {
    return { done: this.#done, marks: [...this.#marks], objsets: this.#objsets.counts };
  }

  async run(): Promise<Carving> {
    const { from } = this.#options;
    if (from !== undefined) await this.#resume(from);
    while (this.#done < this.#source.size && !this.#isOver) await this.#scanNext();
    const stopped = this.#done < this.#source.size;
    await this.#placeRest();
    return {
      vdevs: this.#vdevs.found(),
      roots: this.#objsets.roots,
      objsets: this.#objsets.counts,
      read: this.#read,
      skipped: this.#skipped,
      omitted: this.#omitted,
      stopped,
    };
  }

  /** Somebody stopped it, or no read can succeed any more. */
  get #isOver(): boolean {
    return this.#options.signal?.aborted === true || this.#gone;
  }

  async #resume({ done, marks }: CarveState): Promise<void> {
    for (const { at, kind } of marks.slice(0, MOST.marks)) {
      this.#options.signal?.throwIfAborted();
      if (kind === 'trailer') await this.#meetAlone(at);
      else await this.#meetObjsetAlone(at, true);
    }
    this.#done = Math.min(Math.max(0, done - (done % SECTOR)), this.#source.size);
  }

  /** Looks at what follows up to the end of what is known of it: a hole, or up to 1 GiB of data. */
  async #scanNext(): Promise<void> {
    const { size } = this.#source;
    const length = Math.min(RUN, size - this.#done);
    const whole: SourceRun = { kind: 'data', offset: this.#done, length };
    const runs = (await this.#source.runs?.(this.#done, length, this.#options.signal)) ?? [whole];
    for (const run of runs) {
      if (this.#isOver) return;
      // The run that comes next may begin within a sector.
      const to = Math.min(Math.ceil((run.offset + run.length) / SECTOR) * SECTOR, size);
      if (to <= this.#done) continue;
      if (run.kind === 'data') await this.#scanData(this.#done, to);
      else {
        this.#skipped += to - this.#done;
        this.#done = to;
      }
    }
    await this.#told();
  }

  async #told(): Promise<void> {
    await this.#options.progress?.(this.#done, () => this.state);
  }

  async #scanData(from: number, to: number): Promise<void> {
    const count = Math.ceil((to - from) / CHUNK);
    const room = CARRY + Math.min(CHUNK, to - from);
    const memories = Array.from({ length: Math.min(count, MEMORIES) }, () => new Uint8Array(room));
    const memoryOf = (chunk: number): Uint8Array => memories[chunk % memories.length] ?? new Uint8Array(room);
    const filling: Promise<void>[] = [];
    const fill = (chunk: number): void => {
      if (chunk >= count) return;
      const filled = this.#fill(memoryOf(chunk), from + chunk * CHUNK, to);
      // Who stops waits for none of them.
      filled.catch(() => {});
      filling[chunk] = filled;
    };
    for (let chunk = 0; chunk < memories.length; chunk++) fill(chunk);
    for (let chunk = 0; chunk < count && !this.#isOver; chunk++) {
      const at = from + chunk * CHUNK;
      const length = Math.min(CHUNK, to - at);
      await filling[chunk];
      if (this.#gone) break;
      const memory = memoryOf(chunk);
      await this.#look(memory, chunk === 0 ? CARRY : 0, CARRY, CARRY + length, at - CARRY);
      // Before the memory is used for what comes later.
      if (chunk + 1 < count) memoryOf(chunk + 1).set(memory.subarray(length, length + CARRY), 0);
      fill(chunk + memories.length);
      this.#work += length;
      this.#read += length;
      this.#done = at + length;
      await this.#told();
    }
    await Promise.allSettled(filling);
  }

  /** Reads a chunk behind what is carried. What cannot be read is zeros, and noted. */
  async #fill(memory: Uint8Array, at: number, to: number): Promise<void> {
    const length = Math.min(CHUNK, to - at);
    const into = memory.subarray(CARRY, CARRY + length);
    const { bytes, unreadable, troubles } = await readAround(this.#source, at, length, { into });
    if (bytes.buffer !== memory.buffer) into.set(bytes);
    for (const [i, span] of unreadable.entries()) {
      const trouble = troubles[i];
      if (trouble === undefined) continue;
      this.#failures?.note(span.offset, span.length, trouble);
      this.#gone ||= trouble.gone;
    }
  }

  /**
   * @param known where in `bytes` begins what is there of before
   * @param from @param to in `bytes`, what is new
   * @param offset of `bytes` in the source
   */
  async #look(bytes: Uint8Array, known: number, from: number, to: number, offset: number): Promise<void> {
    const alone: (() => Promise<void>)[] = [];
    const there = bytes.subarray(0, to);
    const { engine = pureEngine } = this.#options;
    for (const mark of engine.markSectors(there.subarray(from))) {
      const { at: behind, kind } = markAt(mark);
      const at = from + behind;
      if (kind === MARK.trailer) {
        if (this.#vdevs.isTold(offset + at)) continue;
        const end = at + SECTOR;
        if (end - CONFIG.size < known) alone.push(() => this.#meetAlone(offset + at));
        else this.#meet(there, end, offset);
      } else if (at + LARGEST_OBJSET > to) alone.push(() => this.#meetObjsetAlone(offset + at));
      else this.#meetObjset(there, at, offset);
    }
    for (const meet of alone) await meet();
  }

  /** A unit of which a part lies elsewhere than in what is at hand. @param sector in which its trailer stands */
  async #meetAlone(sector: number): Promise<void> {
    const length = Math.min(CONFIG.size, sector + SECTOR);
    const at = sector + SECTOR - length;
    const whole = await readOrNull(this.#source, at, length);
    if (whole !== null) this.#meet(whole, length, at);
    else {
      const near = await readOrNull(this.#source, Math.max(0, sector + SECTOR - RING_SLOT), RING_SLOT);
      if (near !== null) this.#meet(near, near.length, sector + SECTOR - near.length);
    }
  }

  /** @param counted it was met by who carved before */
  async #meetObjsetAlone(at: number, counted = false): Promise<void> {
    const length = Math.min(LARGEST_OBJSET, this.#source.size - at);
    const bytes = await readOrNull(this.#source, at, length);
    if (bytes !== null) this.#meetObjset(bytes, 0, at, counted);
  }

  #meetObjset(bytes: Uint8Array, at: number, offset: number, counted = false): void {
    const objset = objsetAt(bytes, at, offset, this.#source.name);
    if (objset === null) return;
    const kept = counted ? this.#objsets.keep(objset) : this.#objsets.take(objset);
    if (kept) this.#mark({ at: objset.at, kind: 'objset' });
  }

  /** @param end of the unit in `bytes` */
  #meet(bytes: Uint8Array, end: number, offset: number): void {
    const magic = end - TRAILER.size;
    const at = offset + end - SECTOR;
    if (this.#vdevs.isTold(at)) return;
    if (this.#work < CONFIG.size) {
      this.#omitted++;
      return;
    }
    const config = configAt(bytes, magic, offset, this.#source.name);
    if (config !== null) {
      this.#work -= CONFIG.size;
      this.#mark({ at, kind: 'trailer' });
      this.#vdevs.place(config);
      return;
    }
    const slot = slotAt(bytes, magic, offset);
    if (slot !== null) this.#placeSlot(slot, at);
  }

  #placeSlot(slot: MetSlot, at: number): void {
    this.#work -= slot.size;
    for (const start of this.#vdevs.starts) {
      this.#work -= TRIAL;
      if (!slot.sealed.isFor(slot.at - start)) continue;
      this.#vdevs.proveBySlot(start, slot);
      this.#mark({ at, kind: 'trailer' });
      return;
    }
    const start = startBySlot(slot);
    this.#work -= (TRIAL * RING.size) / slot.size;
    if (start !== null) {
      this.#vdevs.proveBySlot(start, slot);
      this.#mark({ at, kind: 'trailer' });
    } else if (this.#slots.length < MOST.slots) {
      this.#slots.push(slot);
      this.#mark({ at, kind: 'trailer' });
    } else this.#omitted++;
  }

  #mark(mark: CarveMark): void {
    if (this.#marks.length < MOST.marks) this.#marks.push(mark);
  }

  /** Places labels 2 and 3, which do not say where their vdev begins: configs by the size they tell, then rings. */
  async #placeRest(): Promise<void> {
    await this.#vdevs.placeRest([]);
    for (const slot of this.#slots) {
      if (this.#vdevs.isTold(slot.at) || this.#vdevs.placeInKnown(slot)) continue;
      const starts = labelPlaces(slot).map((label) => this.#vdevs.startsNearby(label));
      const start = this.#vdevs.tryStarts(inTurn(starts), (each) => slot.sealed.isFor(slot.at - each));
      if (start !== null) this.#vdevs.proveBySlot(start, slot);
    }
    await this.#vdevs.settleAll();
  }
}

/** What is asked for at a time of what is known without a read. */
const RUN = 1024 * 1024 * 1024;
/** The largest slot of a ring. */
const RING_SLOT = 8192;

/**
 * Where the label of a slot can begin: its txg tells which slot it is, with multihost and without.
 *
 * Source: module/zfs/vdev_label.c, vdev_uberblock_sync
 */
function labelPlaces({ at, size, txg }: MetSlot): number[] {
  const slots = RING.size / size;
  return [slots, slots - 1].map((count) => at - RING.offset - Number(txg % BigInt(count)) * size);
}

/** One of each, until all are at an end. */
function* inTurn<T>(all: readonly Iterable<T>[]): Iterable<T> {
  const open = all.map((each) => each[Symbol.iterator]());
  for (let left = open.length; left > 0; ) {
    left = 0;
    for (const each of open) {
      const next = each.next();
      if (next.done === true) continue;
      left++;
      yield next.value;
    }
  }
}
