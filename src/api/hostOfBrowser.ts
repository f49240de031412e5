import type { Engine } from '../block/engine.ts';
import { pureEngine } from '../block/pureEngine.ts';
import { UnsupportedError } from '../bytes/errors.ts';
import type { System } from '../node/systems.ts';

// Stands for host.ts where there is nothing of Node: sources are what a program hands in.

export { openGiven as openSources } from '../node/openGiven.ts';

export const chooseEngine = (): Engine => pureEngine;
export const carveStates = (): Promise<never> =>
  Promise.reject(new UnsupportedError('there are no files here: hold a run by its signal, and begin it anew', null));
/** Lines to be typed are for a machine that has the disks, which is none that is known here. */
export const SYSTEM: System = 'linux';
export const absolutePath = (path: string): string => path;
export const wait = (): Promise<never> =>
  Promise.reject(new UnsupportedError('nothing is watched here: give the sources again', null));
