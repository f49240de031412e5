// What the functions of the library need of Node, in one place: where there is none, `hostOfBrowser.ts` stands for it
// (bin/bundle.js).
export { resolve as absolutePath } from 'node:path';
export { setTimeout as wait } from 'node:timers/promises';
export { chooseEngine } from '../node/engine.ts';
export { openSources } from '../node/openSources.ts';
export { carveStates } from './carveState.ts';

import { systemOf } from '../node/systems.ts';

export const SYSTEM = systemOf(process.platform);
