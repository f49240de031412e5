import { layout, u16, u32, u64 } from '../../bytes/struct.ts';

/** All integers are big-endian. Source: NetworkBlockDevice/nbd, doc/proto.md, for all of this file */
export const NBD_GREETING = layout('NBD greeting', 18, { magic: u64(0), style: u64(8), flags: u16(16) });
export const NBD_MAGIC = 0x4e42444d41474943n;
export const NBD_NEWSTYLE = 0x49484156454f5054n;
/** Of the server's greeting, and of the answer to it. */
export const NBD_FIXED = 1;
export const NBD_NO_ZEROES = 2;

export const NBD_CLIENT_FLAGS = layout('NBD client flags', 4, { flags: u32(0) });

export const NBD_OPTION = layout('NBD option', 16, { magic: u64(0), option: u32(8), length: u32(12) });
export const NBD_OPTION_KIND = { go: 7, startTls: 5, structuredReply: 8, setMetaContext: 10 } as const;

export const NBD_OPTION_REPLY = layout('NBD option reply', 20, {
  magic: u64(0),
  option: u32(8),
  type: u32(12),
  length: u32(16),
});
export const NBD_OPTION_REPLY_MAGIC = 0x3e889045565a9n;
export const NBD_REPLY = { ack: 1, info: 3, metaContext: 4 } as const;
/** Bit of the types that refuse. */
export const NBD_REFUSES = 0x80000000;

/** Why an option is refused, behind `NBD_REFUSES`. */
export const NBD_REFUSALS: Readonly<Record<number, string>> = {
  1: 'it does not know what was asked',
  2: 'it is not allowed here',
  3: 'it takes the request for wrong',
  4: 'it cannot do that where it runs',
  5: 'it wants TLS: the address begins with nbds://',
  6: 'it has no export of that name',
  7: 'it is shutting down',
  8: 'it wants to be asked for its block sizes',
  9: 'the name is too long for it',
};

export const NBD_INFO = { export: 0, blockSize: 3 } as const;
export const NBD_INFO_EXPORT = layout('NBD export', 12, { type: u16(0), size: u64(2), flags: u16(10) });
export const NBD_INFO_BLOCK_SIZE = layout('NBD block sizes', 14, {
  type: u16(0),
  least: u32(2),
  preferred: u32(6),
  most: u32(10),
});

export const NBD_REQUEST = layout('NBD request', 28, {
  magic: u32(0),
  flags: u16(4),
  type: u16(6),
  cookie: u64(8),
  offset: u64(16),
  length: u32(24),
});
export const NBD_REQUEST_MAGIC = 0x25609513;
export const NBD_COMMAND = { read: 0, disconnect: 2, blockStatus: 7 } as const;

export const NBD_SIMPLE_REPLY = layout('NBD reply', 16, { magic: u32(0), error: u32(4), cookie: u64(8) });
export const NBD_SIMPLE_MAGIC = 0x67446698;

export const NBD_CHUNK = layout('NBD chunk', 20, {
  magic: u32(0),
  flags: u16(4),
  type: u16(6),
  cookie: u64(8),
  length: u32(16),
});
export const NBD_CHUNK_MAGIC = 0x668e33ef;
/** The last chunk of a reply. */
export const NBD_DONE = 1;
export const NBD_CHUNK_KIND = { none: 0, data: 1, hole: 2, blockStatus: 5, error: 32769, errorAt: 32770 } as const;
export const NBD_DATA = layout('NBD data', 8, { offset: u64(0) });
export const NBD_HOLE = layout('NBD hole', 12, { offset: u64(0), length: u32(8) });
export const NBD_ERROR = layout('NBD error', 6, { error: u32(0), length: u16(4) });
export const NBD_CONTEXT = layout('NBD block status', 4, { context: u32(0) });
export const NBD_EXTENT = layout('NBD extent', 8, { length: u32(0), flags: u32(4) });
/** Of `base:allocation`: it reads as zeros. */
export const NBD_ZERO = 2;

/** Numbers that stand for errors, and what a system calls them. */
export const NBD_ERRORS: Readonly<Record<number, `E${string}`>> = {
  1: 'EPERM',
  5: 'EIO',
  12: 'ENOMEM',
  22: 'EINVAL',
  28: 'ENOSPC',
  75: 'EOVERFLOW',
  95: 'ENOTSUP',
  108: 'ESHUTDOWN',
};
