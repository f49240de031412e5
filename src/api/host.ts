// What the functions of the library need of Node, in one place: where there is none, `hostOfBrowser.ts` stands for it
// (bin/bundle.js).
export { resolve as absolutePath } from 'node:path';
export { chooseEngine } from '../node/engine.ts';
export { openSources } from '../node/openSources.ts';

import { systemOf } from '../node/systems.ts';

export const SYSTEM = systemOf(process.platform);

// What few calls need is loaded by them: the modules of promises take longer to load than the labels of a disk to read.
export const wait: typeof import('node:timers/promises').setTimeout = async (...given) =>
  (await import('node:timers/promises')).setTimeout(...given);

export const carveStates: typeof import('./carveState.ts').carveStates = async (...given) =>
  (await import('./carveState.ts')).carveStates(...given);
