import { BLKPTR } from '../format/blkptr.layout.ts';
import { CHECKSUM_KINDS } from '../format/checksumKinds.ts';
import { COMPRESSION_KINDS } from '../format/compressionKinds.ts';
import { isKnownObjectType, isMetadataType, OBJECT_TYPE } from '../format/objectTypes.ts';
import type { VdevNode } from '../pool/pool.ts';

const AT = BLKPTR.fields;
const HIGH = 2 ** 32;
/** Source: include/sys/fs/zfs.h, SPA_MAXBLOCKSIZE, in sectors and in bytes */
const MAX_SECTORS = 32768;
const MAX_BYTES = MAX_SECTORS * 512;
/** Source: include/sys/spa.h, BPE_PAYLOAD_SIZE, NUM_BP_EMBEDDED_TYPES, BP_EMBEDDED_TYPE_REDACTED */
const EMBEDDED_PAYLOAD = 112;
const EMBEDDED_KINDS = 3;
const REDACTED = 2;

/** By object type, as the traversal needs it. */
const KNOWN = Uint8Array.from({ length: 256 }, (_, type) => (isKnownObjectType(type) ? 1 : 0));
const METADATA = Uint8Array.from({ length: 256 }, (_, type) => (isMetadataType(type) ? 1 : 0));
const ENCRYPTED = Uint8Array.from({ length: 256 }, (_, type) => ((type & 0x80) !== 0 && (type & 0x20) !== 0 ? 1 : 0));
/** Source: module/zfs/dmu.c, dmu_ot, ot_encrypt */
for (const type of [9, 10, 18, 19, 20, 22, 23, 25, 26, 33, 34, 35, 39, 40, 44, 45, 46, 47, 49]) ENCRYPTED[type] = 1;

/**
 * Which birth of a block that was rewritten where it lies a traversal goes by. A release that does not know of rewriting
 * goes by the logical one, and passes over such a block below a snapshot that is newer than that.
 */
export type RewrittenBirth = 'logical' | 'physical';

/**
 * What the traversal looks at in the pointers of a block, taken straight from the bytes: an indirect block has 1024,
 * and making an object of each costs more than all the rest.
 *
 * One is used for all pointers in turn; `at` fills its fields. Txgs are numbers: above 2^53 they lose their last bits,
 * and no pool gets there.
 */
export class PointerScan {
  birth = 0;
  hole = false;
  embedded = false;
  redacted = false;
  type = 0;
  level = 0;
  /** Bytes; of a block that is not embedded. */
  psize = 0;
  lsize = 0;
  /** OpenZFS would follow it. */
  valid = false;
  /** Metadata by level or type. */
  metadata = false;
  /** Blocks below it: indirect, dnodes, object set. */
  parent = false;
  /** Bytes of each top-level vdev that addresses may reach; -1 where none may. */
  readonly #limits: Float64Array;

  readonly #rewritten: RewrittenBirth;

  /** @param tops the top-level vdevs, at the index of their id */
  constructor(tops: readonly VdevNode[], rewritten: RewrittenBirth = 'logical') {
    this.#rewritten = rewritten;
    this.#limits = Float64Array.from(tops, ({ config: { type, asize } }) => {
      if (type === 'hole') return -1;
      return type === 'missing' || asize === null ? Number.POSITIVE_INFINITY : Number(asize);
    });
  }

  /**
   * Looks at the pointer at `at`.
   *
   * Source: module/zfs/zio.c, zfs_blkptr_verify; module/zfs/dmu_traverse.c, traverse_visitbp, and get_birth_time (2.4)
   */
  at(view: DataView, at: number, littleEndian: boolean): void {
    const [low, high] = littleEndian ? [at, at + 4] : [at + 4, at];
    const props = view.getUint32(high + AT.props.offset, littleEndian);
    const sizes = view.getUint32(low + AT.props.offset, littleEndian);
    this.type = (props >>> 16) & 0xff;
    this.level = (props >>> 24) & 0x1f;
    this.embedded = (props & 0x80) !== 0;
    const logical =
      view.getUint32(high + AT.birth.offset, littleEndian) * HIGH + view.getUint32(low + AT.birth.offset, littleEndian);
    this.birth = logical;
    this.hole = false;
    this.redacted = false;
    this.metadata = this.level > 0 || METADATA[this.type] === 1;
    this.parent = this.level > 0 || this.type === OBJECT_TYPE.dnode || this.type === OBJECT_TYPE.objset;
    let valid = KNOWN[this.type] === 1 && (props & 0x7f) < COMPRESSION_KINDS.length;
    const kind = (props >>> 8) & 0xff;
    if (this.embedded) {
      this.redacted = kind === REDACTED;
      this.psize = (sizes >>> 25) + 1;
      this.lsize = (sizes & 0x1ffffff) + 1;
      this.valid = valid && kind < EMBEDDED_KINDS && this.psize <= EMBEDDED_PAYLOAD && this.lsize <= MAX_BYTES;
      return;
    }
    if (this.#rewritten === 'physical' && view.getUint32(high + AT.props2.offset, littleEndian) >>> 31 === 1) {
      const physical =
        view.getUint32(high + AT.physicalBirth.offset, littleEndian) * HIGH +
        view.getUint32(low + AT.physicalBirth.offset, littleEndian);
      if (physical !== 0) this.birth = physical;
    }
    const lsize = (sizes & 0xffff) + 1;
    const psize = (sizes >>> 16) + 1;
    this.lsize = lsize * 512;
    this.psize = psize * 512;
    valid &&= lsize <= MAX_SECTORS;
    if (
      view.getUint32(at) === 0 &&
      view.getUint32(at + 4) === 0 &&
      view.getUint32(at + 8) === 0 &&
      view.getUint32(at + 12) === 0
    ) {
      this.hole = true;
      this.valid = valid;
      return;
    }
    const crypt = (props & 0x20000000) !== 0 && this.level === 0 && ENCRYPTED[this.type] === 1;
    this.valid =
      valid &&
      kind < CHECKSUM_KINDS.length &&
      psize <= MAX_SECTORS &&
      this.#reachable(view, low, high, littleEndian, crypt ? 2 : 3);
  }

  #reachable(view: DataView, low: number, high: number, littleEndian: boolean, limit: number): boolean {
    let copies = 0;
    for (let i = 0; i < limit; i++) if ((view.getUint32(low + i * 16, littleEndian) & 0xffffff) !== 0) copies++;
    if ((view.getUint32(low, littleEndian) & 0xffffff) === 0) return false;
    for (let i = 0; i < copies; i++) {
      const word = i * 16;
      const end = this.#limits[view.getUint32(high + word, littleEndian) & 0xffffff];
      if (end === undefined || end < 0) return false;
      const upper = view.getUint32(high + word + 8, littleEndian);
      const offset = ((upper & 0x7fffffff) * HIGH + view.getUint32(low + word + 8, littleEndian)) * 512;
      const asize = upper >>> 31 === 1 ? 512 : (view.getUint32(low + word, littleEndian) & 0xffffff) * 512;
      if (offset + asize > end) return false;
    }
    return true;
  }
}
