import type { Digest } from '../source/bundle/frames.ts';

/** Loaded on first use: few runs need it, and loading takes longer than to read the labels of a disk. */
const newHash = (name: string): Digest => process.getBuiltinModule('node:crypto').createHash(name);

export const newSha256 = (): Digest => newHash('sha256');

/** Of the hashes that disk images keep. */
export const newDigestOf = (algorithm: 'md5' | 'sha1'): Digest => newHash(algorithm);
