/** Codes of a `SourceError` that no system gives. */
export type SourceCode =
  | 'source-short'
  | 'source-ended'
  | 'source-cut'
  | 'source-empty'
  | 'source-closed'
  | 'source-changed'
  | 'not-a-source'
  | 'no-images'
  | 'never-read'
  | 'needs-file'
  | 'image-damaged'
  | 'not-a-map'
  | 'not-shards'
  | 'not-in-bundle'
  | 'bundle-damaged'
  | 'refused'
  | 'wrong-answer'
  | 'no-ranges';

/** As the system names it: `EIO`. */
export type SystemCode = `E${string}` | 'UNKNOWN';

const isSystemCode = (code: string): code is SystemCode => /^E[A-Z0-9_]+$/.test(code);

/** What the system gave; `UNKNOWN` where Node has a sentence in its place, as of errors that libuv does not name. */
export const systemCode = (code: string): SystemCode => (isSystemCode(code) ? code : 'UNKNOWN');

/** The code of any error that whoever made a bundle met: of this version or another, or not true. */
export type WrittenCode = string & { readonly written: true };

export const writtenCode = (code: string): WrittenCode => code as WrittenCode;
