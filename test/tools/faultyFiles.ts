import { FILE_HOST } from '../../src/node/fileHost.ts';
import { type HandlePool, handlePool } from '../../src/node/handlePool.ts';

/** Reads of files whose path ends so that touch `[from, to)` fail. */
export interface Fault {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  /** Name of the system's error. Default: `EIO`. */
  readonly code?: string;
  /** Only from this read of the file on; the first is 1. */
  readonly since?: number;
}

export interface FaultyFiles {
  readonly handles: HandlePool;
  /** Reads that failed. */
  failed(): number;
}

/** Files as the system has them, of which some places, or all from some read on, cannot be read. */
export function faultyFiles(faults: readonly Fault[]): FaultyFiles {
  let failed = 0;
  const reads = new Map<string, number>();
  const handles = handlePool({
    ...FILE_HOST,
    async open(path) {
      const handle = await FILE_HOST.open(path);
      return {
        ...handle,
        async read(buffer, at, length, position) {
          const count = (reads.get(path) ?? 0) + 1;
          reads.set(path, count);
          const fault = faults.find(
            (each) =>
              path.endsWith(each.path) &&
              count >= (each.since ?? 0) &&
              position < each.to &&
              each.from < position + length,
          );
          if (fault === undefined) return handle.read(buffer, at, length, position);
          failed++;
          throw Object.assign(new Error('read failed'), { code: fault.code ?? 'EIO', syscall: 'read' });
        },
      };
    },
  });
  return { handles, failed: () => failed };
}
