import { bitField } from '../bytes/bits.ts';
import { layout, u16, u32 } from '../bytes/struct.ts';

/** Its byte order is that of the attributes. Source: include/sys/sa_impl.h, SA_MAGIC (OpenZFS 2.4.99). */
export const SA_MAGIC = 0x2f505a;

/** Head of a set of attributes; lengths of those that vary follow, 16 bits each. Source: same file, sa_hdr_phys_t. */
export const SA_HEADER = layout('system attributes', 6, { magic: u32(0), info: u16(4) });

/** `info`: the layout's number, and the header's size in units of 8 bytes. Source: same file, SA_HDR_LAYOUT_NUM, SA_HDR_SIZE. */
export const SA_INFO = { layout: bitField(0, 10), size: bitField(10, 6) } as const;

/** An entry of the registry. A length of 0 varies. Source: same file, ATTR_NUM, ATTR_LENGTH. */
export const SA_ATTRIBUTE = { number: bitField(0, 16), length: bitField(24, 16) } as const;

/** Names in the ZAP that the master node's `SA_ATTRS` leads to. Source: same file, SA_LAYOUTS, SA_REGISTRY. */
export const SA_MASTER = { layouts: 'LAYOUTS', registry: 'REGISTRY' } as const;
