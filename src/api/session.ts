import type { SourceSpec } from '../node/target.ts';
import type { OpenedPools, OpenPoolsOptions } from './openPool.ts';

/**
 * What a call is about: paths of devices, images and directories, `path@OFFSET[+LENGTH]`, addresses on a network, which it
 * opens and closes itself; sources that the caller reads; or what `openPools` has opened, which stays open, for several calls about the same.
 */
export type Sources = readonly SourceSpec[] | OpenedPools;

export interface Session {
  readonly opened: OpenedPools;
  /** Closes what was opened for the call; leaves open what the caller has opened. */
  readonly close: () => Promise<void>;
}

export const isOpened = (sources: Sources): sources is OpenedPools => 'pools' in sources;

/** @throws UsageError when a path makes no sense */
export async function sessionOf(sources: Sources, options: OpenPoolsOptions): Promise<Session> {
  if (isOpened(sources)) return { opened: sources, close: async () => {} };
  const { openPools } = await import('./openPool.ts');
  const opened = await openPools(sources, options);
  return { opened, close: () => opened.close() };
}

/** Does `work` with the pools of the sources. @throws UsageError when a path makes no sense; what `work` throws */
export async function withPools<T>(
  sources: Sources,
  options: OpenPoolsOptions,
  work: (opened: OpenedPools) => Promise<T>,
): Promise<T> {
  const { opened, close } = await sessionOf(sources, options);
  try {
    return await work(opened);
  } finally {
    await close();
  }
}
