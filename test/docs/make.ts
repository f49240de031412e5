import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { madeFiles } from './made.ts';

const ROOT = join(import.meta.dirname, '..', '..');

for (const [name, content] of madeFiles()) {
  const path = join(ROOT, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
