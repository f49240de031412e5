/**
 * DMU object types below 0x80, by number.
 * Source: include/sys/dmu.h, enum dmu_object_type; module/zfs/dmu.c, dmu_ot.
 */
const OBJECT_TYPES = [
  'none',
  'object directory',
  'object array',
  'packed nvlist',
  'packed nvlist size',
  'bpobj',
  'bpobj header',
  'SPA space map header',
  'SPA space map',
  'ZIL intent log',
  'DMU dnode',
  'DMU objset',
  'DSL directory',
  'DSL directory child map',
  'DSL dataset snap map',
  'DSL props',
  'DSL dataset',
  'ZFS znode',
  'ZFS V0 ACL',
  'ZFS plain file',
  'ZFS directory',
  'ZFS master node',
  'ZFS delete queue',
  'zvol object',
  'zvol prop',
  'other uint8[]',
  'other uint64[]',
  'other ZAP',
  'persistent error log',
  'SPA history',
  'SPA history offsets',
  'Pool properties',
  'DSL permissions',
  'ZFS ACL',
  'ZFS SYSACL',
  'FUID table',
  'FUID table size',
  'DSL dataset next clones',
  'scan work queue',
  'ZFS user/group/project used',
  'ZFS user/group/project quota',
  'snapshot refcount tags',
  'DDT ZAP algorithm',
  'DDT statistics',
  'System attributes',
  'SA master node',
  'SA attr registration',
  'SA attr layouts',
  'scan translations',
  'deduplicated block',
  'DSL deadlist map',
  'DSL deadlist map hdr',
  'DSL dir clones',
  'bpobj subobj',
] as const;

export const OBJECT_TYPE = {
  objectDirectory: 1,
  packedNvlist: 3,
  spaceMap: 8,
  intentLog: 9,
  dnode: 10,
  objset: 11,
  dslDir: 12,
  dslDataset: 16,
  plainFile: 19,
  directory: 20,
  zvol: 23,
  otherUint8: 25,
  otherUint64: 26,
  userGroupUsed: 39,
  dedup: 49,
} as const;

/** `bswap uint64 metadata`: arrays of words. */
export const WORDS_METADATA = 0xc3;

const NEW_TYPE = 0x80;
const NEW_TYPE_METADATA = 0x40;
const NEW_TYPE_ENCRYPTED = 0x20;
const BYTESWAP_CLASSES = ['uint8', 'uint16', 'uint32', 'uint64', 'zap', 'dnode', 'objset', 'znode', 'oldacl', 'acl'];
const DATA_TYPES = new Set<number>([
  OBJECT_TYPE.plainFile,
  OBJECT_TYPE.zvol,
  OBJECT_TYPE.otherUint8,
  OBJECT_TYPE.otherUint64,
  OBJECT_TYPE.dedup,
]);

/** Types 0x80 and up are made of bits: metadata, encrypted, byteswap class. */
export function objectTypeName(type: number): string {
  if ((type & NEW_TYPE) === 0) return OBJECT_TYPES[type] ?? `unknown type ${type}`;
  const swap = BYTESWAP_CLASSES[type & 0x1f] ?? `class ${type & 0x1f}`;
  const kind = (type & NEW_TYPE_METADATA) !== 0 ? 'metadata' : 'data';
  return `bswap ${swap} ${kind}${(type & NEW_TYPE_ENCRYPTED) !== 0 ? ' encrypted' : ''}`;
}

/** Whether OpenZFS knows the type. Source: include/sys/dmu.h, DMU_OT_IS_VALID. */
export const isKnownObjectType = (type: number): boolean =>
  (type & NEW_TYPE) !== 0 ? (type & 0x1f) < BYTESWAP_CLASSES.length : type < OBJECT_TYPES.length;

/** Whether a level-0 block of this type counts as metadata. Source: include/sys/dmu.h, DMU_OT_IS_METADATA. */
export const isMetadataType = (type: number): boolean =>
  (type & NEW_TYPE) !== 0 ? (type & NEW_TYPE_METADATA) !== 0 : !DATA_TYPES.has(type);

/** Types below 0x80 whose level-0 content is encrypted in an encrypted dataset. Source: module/zfs/dmu.c, dmu_ot, ot_encrypt */
const ENCRYPTED_TYPES = new Set([9, 10, 18, 19, 20, 22, 23, 25, 26, 33, 34, 35, 39, 40, 44, 45, 46, 47, 49]);

/** Whether a level-0 block of this type is encrypted in an encrypted dataset. Source: include/sys/dmu.h, DMU_OT_IS_ENCRYPTED. */
export const isEncryptedType = (type: number): boolean =>
  (type & NEW_TYPE) !== 0 ? (type & NEW_TYPE_ENCRYPTED) !== 0 : ENCRYPTED_TYPES.has(type);
