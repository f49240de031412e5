import { createHash } from 'node:crypto';
import type { Digest } from '../source/bundle/frames.ts';

export const newSha256 = (): Digest => createHash('sha256');

/** Of the hashes that disk images keep. */
export const newDigestOf = (algorithm: 'md5' | 'sha1'): Digest => createHash(algorithm);
