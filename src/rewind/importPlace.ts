/** Where `zpool import` finds a device. */
export interface ImportPlace {
  /** As the host knows it. */
  readonly path: string;
  /** A block device is named itself; of an image file the directory it is in, which zpool searches. */
  readonly kind: 'block' | 'file';
}
