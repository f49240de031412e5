import { layout, raw, u32, u64 } from '../../bytes/struct.ts';

/**
 * A bundle, all numbers little-endian: header, frames, directory, trailer. The frames hold four streams one after the
 * other, each cut into pieces of {@link FRAME} bytes, the last one shorter: what was kept of the disks, the table of runs
 * that says where each piece of it lay, the table of answers, and the manifest, which is JSON. docs/bundle.md tells the fields.
 */

/** Begins a bundle; one character a byte. */
export const BUNDLE_MAGIC = 'zfs-uber bundle\n';
/** Begins its trailer. */
export const TRAILER_MAGIC = 'zfs-uber ending\n';
export const BUNDLE_VERSION = 1;

/** Bytes of a stream in one frame of zstd. A frame is read alone: it needs no other. */
export const FRAME = 1024 * 1024;
/** Bytes of a frame as stored: what zstd makes of noise is a little longer than the noise. */
export const STORED_FRAME = FRAME + 8192;

export const HEADER = layout('bundle header', 32, {
  magic: raw(0, 16),
  version: u32(16),
});

/** One a frame, in the order of the frames. */
export const DIRECTORY_ENTRY = layout('bundle directory entry', 48, {
  /** Of the file. */
  offset: u64(0),
  /** Bytes as stored. */
  stored: u32(8),
  /** SHA-256 of the bytes that the frame holds. */
  sha256: raw(16, 32),
});

/** One a run of bytes, by disk and then by offset; runs of one disk do not overlap. */
export const RUN = layout('bundle run', 32, {
  /** Index in the manifest's `disks`. */
  disk: u32(0),
  /** 0: the bytes are kept. Else they could not be read, and the manifest's `errors` says why, at this number less 1. */
  error: u32(4),
  /** Byte of the disk. */
  offset: u64(8),
  length: u64(16),
  /** Byte of the first stream where they stand; 0 for an error. */
  position: u64(24),
});

/** One a question about a block, by key. In a bundle without names answers stand in place of the blocks' bytes. */
export const ANSWER = layout('bundle answer', 32, {
  /** The first bytes of the SHA-256 of the question. */
  key: raw(0, 16),
  /** Byte of the first stream where what it says stands, in UTF-8, and the content behind. */
  position: u64(16),
  /** Bytes of what it says. */
  about: u32(24),
  /** Bytes of the content, more by one; 0 without. */
  content: u32(28),
});

/** The last bytes of the file. */
export const TRAILER = layout('bundle trailer', 128, {
  magic: raw(0, 16),
  version: u32(16),
  /** Of the file, where the directory begins; it ends where the trailer begins. */
  directory: u64(24),
  /** Bytes, or entries, of the streams. */
  kept: u64(32),
  runs: u64(40),
  manifest: u64(48),
  /** A bundle with names has none. */
  answers: u64(56),
  /** SHA-256 of the directory. */
  directorySha256: raw(64, 32),
  /** SHA-256 of the file up to this field. */
  fileSha256: raw(96, 32),
});
