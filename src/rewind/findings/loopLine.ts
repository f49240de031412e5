/**
 * The line for a shell with root's rights that shows a part of a file or device read-only as a loop device.
 *
 * @param start @param length bytes
 * Source: losetup(8)
 */
export const loopLine = (path: string, start: number, length: number): string =>
  `losetup -r -f --show -o ${start} --sizelimit ${length} ${quoted(path)}`;

/** A path as one word of a shell that no program takes for an option. */
export function quoted(path: string): string {
  const safe = path.startsWith('-') ? `./${path}` : path;
  return /^[A-Za-z0-9_@%+:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}
