import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../block/engine.ts';
import type { ToolInfo } from '../document/parts.types.ts';
import { packageRoot } from '../node/packageRoot.ts';

let version: string | null = null;

/** Stands in package.json, beside src/ as well as beside dist/; read once. */
export function toolVersion(): string {
  version ??= (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
  return version;
}

/** What every document says of the program that made it. */
export function toolInfo(engine: Engine): ToolInfo {
  const { name } = engine.info;
  return { name: 'zfs-uber', version: toolVersion(), native: name === 'native', engine: name };
}
