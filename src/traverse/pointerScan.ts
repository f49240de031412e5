import type { PlainPointers } from '../block/engine.ts';
import { BLKPTR } from '../format/blkptr.layout.ts';
import { isMetadataType, OBJECT_TYPE } from '../format/objectTypes.ts';
import { PointerFields } from '../pool/pointerFields.ts';
import { PointerRules, type PointerStrictness } from '../pool/pointerRules.ts';
import type { VdevNode } from '../pool/pool.ts';

const AT = BLKPTR.fields;
const HIGH = 2 ** 32;
/** Source: include/sys/spa.h, BP_EMBEDDED_TYPE_REDACTED */
const REDACTED = 2;
/** In the upper half of the properties. */
const CRYPT = 0x20000000;
/** In the lower half: a size above 16 MiB. */
const LARGE_SIZES = 0x80008000;
/** No pointer has them: a level and an embedded block that no reading makes plain. */
const NO_PROPS = -1;
/** Files differ in checksum and compression, and some blocks do not compress. */
const MOST_KINDS = 8;
/** Addresses above are of gang blocks, or lose bits: they are left to the rules. */
const OFFSET_HIGH = 0x7fffff;

/** By object type. */
const METADATA = Uint8Array.from({ length: 256 }, (_, type) => (isMetadataType(type) ? 1 : 0));

/**
 * Which birth of a block that was rewritten where it lies a traversal goes by. A release that does not know of rewriting
 * goes by the logical one, and passes over such a block below a snapshot that is newer than that.
 */
export type RewrittenBirth = 'logical' | 'physical';

/** How the pointers of a pool are taken by one release of OpenZFS. */
export interface PointerReading {
  /** Default: `physical`. */
  readonly rewritten?: RewrittenBirth;
  /** Default: that of 2.3 and later. */
  readonly strictness?: PointerStrictness | undefined;
}

/**
 * What the traversal looks at in the pointers of a block, besides their fields.
 *
 * Txgs are numbers: above 2^53 they lose their last bits, and no pool gets there.
 */
export class PointerScan extends PointerFields {
  birth = 0;
  redacted = false;
  /** OpenZFS would follow it. */
  valid = false;
  /** Metadata by level or type. */
  metadata = false;
  /** Blocks below it: indirect, dnodes, object set. */
  parent = false;
  readonly #plain: PlainKinds;
  /** Of those kinds the one that the last pointer had. */
  #plainProps = NO_PROPS;
  readonly #rules: PointerRules;
  readonly #rewritten: RewrittenBirth;

  /**
   * @param tops the top-level vdevs, at the index of their id
   * @param beside one of the same release, which shares what it learns where the vdevs are as large
   */
  constructor(
    tops: readonly VdevNode[],
    { rewritten = 'physical', strictness }: PointerReading = {},
    beside: PointerScan | null = null,
  ) {
    super();
    this.#rewritten = rewritten;
    this.#rules = new PointerRules(tops, strictness);
    const reach = this.#rules.reach();
    const learned = beside?.plain;
    this.#plain = learned?.reaches(reach) === true ? learned : new PlainKinds(reach);
  }

  /** What {@link isPlain} calls plain, as far as is known by now. */
  get plain(): PlainKinds {
    return this.#plain;
  }

  /**
   * Looks at the pointer at `at`.
   *
   * Source: module/zfs/dmu_traverse.c, traverse_visitbp, and get_birth_time (2.4)
   */
  override at(view: DataView, at: number, littleEndian: boolean): void {
    super.at(view, at, littleEndian);
    this.metadata = this.level > 0 || METADATA[this.type] === 1;
    this.parent = this.level > 0 || this.type === OBJECT_TYPE.dnode || this.type === OBJECT_TYPE.objset;
    this.redacted = this.embedded && this.checksum === REDACTED;
    this.birth = this.#txg(view, AT.birth.offset);
    if (this.#rewritten === 'physical' && !this.embedded) {
      const rewritten = view.getUint32(this.high + AT.props2.offset, littleEndian) >>> 31 === 1;
      const physical = rewritten ? this.#txg(view, AT.physicalBirth.offset) : 0;
      if (physical !== 0) this.birth = physical;
    }
    this.valid = this.#rules.refusal(this) === null;
    if (this.valid && !this.metadata && !this.parent && !this.embedded && !this.hole) {
      const props = view.getUint32(this.high + AT.props.offset, littleEndian);
      if ((props & CRYPT) === 0) {
        this.#plainProps = props;
        this.#plain.add(props);
      }
    }
  }

  /**
   * Whether the pointer at `at` is valid and points to content that is no metadata: most are like the one before, and
   * of these it needs a tenth of what {@link at} does. False of others says nothing. Leaves the scan where it is.
   */
  isPlain(view: DataView, at: number, littleEndian: boolean): boolean {
    const [low, high] = littleEndian ? [at, at + 4] : [at + 4, at];
    const props = view.getUint32(high + AT.props.offset, littleEndian);
    if (props !== this.#plainProps) {
      if (!this.#plain.has(props)) return false;
      this.#plainProps = props;
    }
    if ((view.getUint32(low + AT.props.offset, littleEndian) & LARGE_SIZES) !== 0) return false;
    let copies = 0;
    for (let dva = 0; dva < 48; dva += 16) {
      const sectors = view.getUint32(low + dva, littleEndian) & 0xffffff;
      if (sectors === 0) continue;
      // Those behind one without a size are for the rules to say.
      if (copies++ * 16 !== dva) return false;
      const upper = view.getUint32(high + dva + 8, littleEndian);
      if (upper > OFFSET_HIGH) return false;
      const end = upper * HIGH + view.getUint32(low + dva + 8, littleEndian) + sectors;
      const reach = this.#plain.reach[view.getUint32(high + dva, littleEndian) & 0xffffff];
      if (reach === undefined || end > reach) return false;
    }
    return copies > 0;
  }

  #txg(view: DataView, offset: number): number {
    const { high, low, littleEndian } = this;
    return view.getUint32(high + offset, littleEndian) * HIGH + view.getUint32(low + offset, littleEndian);
  }
}

/** What pointers to content have, as it is learned from those that were looked at in full. */
class PlainKinds implements PlainPointers {
  props = new Uint32Array(0);
  readonly reach: Float64Array;
  #next = 0;

  constructor(reach: Float64Array) {
    this.reach = reach;
  }

  reaches(reach: Float64Array): boolean {
    return reach.length === this.reach.length && reach.every((end, vdev) => end === this.reach[vdev]);
  }

  has(props: number): boolean {
    return this.props.includes(props);
  }

  /** Batches that are under way keep what they were given. */
  add(props: number): void {
    if (this.has(props)) return;
    const kinds = [...this.props];
    kinds[this.#next] = props;
    this.#next = (this.#next + 1) % MOST_KINDS;
    this.props = Uint32Array.from(kinds);
  }
}
