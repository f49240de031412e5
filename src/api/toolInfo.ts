import type { Engine } from '../block/engine.ts';
import type { ToolInfo } from '../document/parts.types.ts';
import { VERSION } from './version.ts';

/** What every document says of the program that made it; asked when the work is done, for an engine may fail in between. */
export function toolInfo(engine: Engine): ToolInfo {
  const { name } = engine.info;
  return { name: 'zfs-uber', version: VERSION, native: name === 'native', engine: name };
}
