import { Z_FINISH, Z_STREAM_END, ZStream, zlibInflate, zlibInflateInit } from 'pako';
import { FormatError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';

/**
 * Undoes gzip-1 to gzip-9, which store one zlib stream (RFC 1950) and no gzip header. Its end is in the stream; padding
 * after it is not looked at. The stream's own Adler-32 is verified, as ZFS does.
 *
 * The package is a port of zlib, given an output of `lsize` bytes and one call: it cannot write more, and stops when
 * that is full.
 *
 * @throws FormatError `format-value` when the stream is malformed or ends early, `format-bounds` when it gives another
 *   size
 * Source: module/zfs/gzip.c, zfs_gzip_decompress_buf; module/os/linux/spl/spl-zlib.c, z_uncompress
 */
export function gzip(bytes: Uint8Array, lsize: number, place: Place): Uint8Array {
  const stream = new ZStream();
  zlibInflateInit(stream);
  stream.input = bytes;
  stream.avail_in = bytes.length;
  stream.output = new Uint8Array(lsize);
  stream.avail_out = lsize;
  const status = zlibInflate(stream, Z_FINISH);
  if (status !== Z_STREAM_END) {
    const found = stream.avail_out === 0 ? `more than ${lsize} bytes of output` : stream.msg || 'its end too early';
    throw new FormatError('format-value', 'zlib stream', `${lsize} bytes of output`, found, inside(place, 'gzip'));
  }
  if (stream.avail_out !== 0) {
    const found = `${lsize - stream.avail_out}`;
    throw new FormatError('format-bounds', 'zlib stream', `${lsize} bytes of output`, found, inside(place, 'gzip'));
  }
  return stream.output;
}
