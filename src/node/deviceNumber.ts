/** Source: glibc sysdeps/unix/sysv/linux/sys/sysmacros.h: 12 + 20 bits of major, 8 + 24 bits of minor, interleaved */
export const majorOf = (rdev: bigint): bigint => ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
export const minorOf = (rdev: bigint): bigint => (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);

/** The number of which these are the parts. */
export const deviceNumber = (major: bigint, minor: bigint): bigint =>
  ((major & 0xfffn) << 8n) | ((major & ~0xfffn) << 32n) | (minor & 0xffn) | ((minor & ~0xffn) << 12n);

/** Where Linux tells of a block device. Source: Linux Documentation/ABI/stable/sysfs-dev */
export const deviceFolder = (rdev: bigint): string => `/sys/dev/block/${majorOf(rdev)}:${minorOf(rdev)}`;
