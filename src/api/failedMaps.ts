import type { ReadDisk } from '../node/deviceMedia.ts';
import type { HandlePool } from '../node/handlePool.ts';
import { type NewFile, newFile } from '../node/newFile.ts';
import { refuseOnSources } from '../node/outputIs.ts';
import { NETWORK } from '../node/sourceSpec.ts';
import { failedReadsMap } from '../source/images/ddrescue.ts';
import { beforeMap } from '../source/network/remotePlace.ts';

/** A map of ddrescue that was written. */
export interface FailedMap {
  readonly file: string;
  /** Of the source that it is of. */
  readonly path: string;
  /** As the next run has to name that source. */
  readonly spec: string;
  /** Bytes that could not be read. */
  readonly failed: number;
}

/**
 * Does `work`, and then writes what of the sources could not be read as maps of ddrescue, which `PATH?map=FILE` takes in:
 * what failed is not asked for again, nor what a map left out already. One source gives `file`, each further one `file.2`, `file.3`...; none where all could
 * be read.
 *
 * @param specs the sources as they were named: no map is written on one
 * @param handles through which `work` reads them
 * @throws UsageError when `file` is there already or lies on a source; OutputError when it cannot be written; what `work`
 *   throws
 */
export async function withFailedMaps<T>(
  file: string,
  specs: readonly string[],
  handles: HandlePool,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly maps: readonly FailedMap[] }> {
  refuseOnSources(file, specs);
  // Begun before: who waited for hours is not told then that there is no room for it.
  const first = await newFile(file);
  try {
    const result = await work();
    const maps: FailedMap[] = [];
    for (const [i, disk] of handles.media.failed.entries()) {
      const name = i === 0 ? file : `${file}.${i + 1}`;
      maps.push(await writeMap(i === 0 ? first : await newFile(name), name, disk));
    }
    return { result, maps };
  } finally {
    await first.abandon();
  }
}

async function writeMap(output: NewFile, file: string, { path, size, refused, leftOut }: ReadDisk): Promise<FailedMap> {
  try {
    await output.write(new TextEncoder().encode(failedReadsMap(refused.ranges(), size, [...leftOut.values()])));
    await output.commit();
    return { file, path, spec: `${path}${beforeMap(NETWORK.test(path))}${file}`, failed: refused.total };
  } finally {
    await output.abandon();
  }
}
