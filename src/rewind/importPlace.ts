/** Where a vdev lies, and what of that the system shows by itself. */
export interface ImportPlace {
  /** Absolute path of the file or block device that the vdev is, or is a part of. */
  readonly path: string;
  readonly kind: 'block' | 'file';
  /** The part of it that the vdev is, in bytes; null where it is all of it. A negative start: so much of the front is not there. */
  readonly part: { readonly start: number; readonly size: number } | null;
  /** What has to be made to show it is named so: no other source of the scan has it, no shell and no file system minds it. */
  readonly name: string;
}

/** A file or block device that the vdev is all of. */
export const wholePlace = (path: string, kind: ImportPlace['kind'], name: string): ImportPlace => ({
  path,
  kind,
  part: null,
  name,
});
