import { Z_FINISH, Z_STREAM_END, ZStream, zlibInflate, zlibInflateInit2 } from 'pako';
import { FormatError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';

/** Bits of the largest window that deflate has. Source: RFC 1950, section 2.2 */
const ZLIB_WINDOW = 15;

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
  const { output, status, message } = inflateStream(bytes, lsize, ZLIB_WINDOW);
  if (status !== Z_STREAM_END) {
    const found = output.length === lsize ? `more than ${lsize} bytes of output` : message;
    throw new FormatError('format-value', 'zlib stream', `${lsize} bytes of output`, found, inside(place, 'gzip'));
  }
  if (output.length !== lsize) {
    const found = `${output.length}`;
    throw new FormatError('format-bounds', 'zlib stream', `${lsize} bytes of output`, found, inside(place, 'gzip'));
  }
  return output;
}

/**
 * Unpacks the first stream in `bytes`; what follows it is not looked at.
 *
 * @param most bytes of output wanted; a longer stream is cut there
 * @param wrapper around the deflated bytes: nothing (RFC 1951), or header and Adler-32 of zlib (RFC 1950)
 * @returns `most` bytes, or fewer where the stream is shorter
 * @throws FormatError `format-value` when the stream is malformed or ends early
 */
export function inflate(bytes: Uint8Array, most: number, wrapper: 'raw' | 'zlib', place: Place): Uint8Array {
  const { output, status, message } = inflateStream(bytes, most, wrapper === 'raw' ? -ZLIB_WINDOW : ZLIB_WINDOW);
  if (status === Z_STREAM_END || output.length === most) return output;
  throw new FormatError('format-value', 'deflate stream', 'a whole stream', message, inside(place, 'deflate'));
}

/**
 * Bytes of the zlib stream (RFC 1950) that `bytes` begin with.
 *
 * @returns null unless it ends there, its Adler-32 is right, and it unpacks to `lsize` bytes
 */
export function zlibLength(bytes: Uint8Array, lsize: number): number | null {
  const { output, status, left } = inflateStream(bytes, lsize, ZLIB_WINDOW);
  return status === Z_STREAM_END && output.length === lsize ? bytes.length - left : null;
}

/** @param windowBits as zlib takes them: negative for a stream without header */
function inflateStream(bytes: Uint8Array, most: number, windowBits: number) {
  const stream = new ZStream();
  zlibInflateInit2(stream, windowBits);
  stream.input = bytes;
  stream.avail_in = bytes.length;
  stream.output = new Uint8Array(most);
  stream.avail_out = most;
  const status = zlibInflate(stream, Z_FINISH);
  const output = stream.output.subarray(0, most - stream.avail_out);
  return { output, status, left: stream.avail_in, message: stream.msg || 'its end too early' };
}
