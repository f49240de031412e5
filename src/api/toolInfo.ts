import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../block/engine.ts';
import type { ToolInfo } from '../document/document.ts';
import { packageRoot } from '../node/packageRoot.ts';

/** What every document says of the program that made it; the version stands beside src/ as well as beside dist/. */
export function toolInfo(engine: Engine): ToolInfo {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  const { name } = engine.info;
  return { name: 'zfs-uber', version, native: name === 'native', engine: name };
}
