import { LimitError } from '../bytes/errors.ts';

/** Makes one frame of RFC 8878 that holds `bytes`, and says so in its header. */
export type PackFrame = (bytes: Uint8Array) => Uint8Array;

/** Higher ones cost more time than they spare: what they are given is mostly compressed already. */
const LEVEL = 5;
/** The package copies what it is given; more than this at once was never tried. */
const MOST = 1024 * 1024;

/**
 * Loads what makes zstd frames (libzstd as WebAssembly, about 100 ms and 2 MiB of code), which only who writes a bundle
 * needs. A frame holds at most 1 MiB.
 *
 * The package's interface for streams ends the process with OOM from 2 MB on, so it is not used: docs/codecs.md.
 */
export async function loadFramePacker(): Promise<PackFrame> {
  const { ZstdCodec } = await import('zstd-codec');
  const simple = await new Promise<{ compress(bytes: Uint8Array, level: number): Uint8Array | null }>((resolve) => {
    ZstdCodec.run(({ Simple }) => resolve(new Simple()));
  });
  return (bytes) => {
    const frame = bytes.length > MOST ? null : simple.compress(bytes, LEVEL);
    if (frame === null) throw new LimitError(`zstd made no frame of ${bytes.length} bytes`, null);
    return frame;
  };
}
