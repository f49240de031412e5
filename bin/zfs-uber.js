#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli.js', import.meta.url);
if (existsSync(built)) {
  const { run } = await import(built.href);
  await run();
} else {
  // A clone that was never built; the package has it.
  console.error("zfs-uber: not built yet. Run 'npm start' or 'npm run build' in its folder first.");
  // Not 1 to 3, which say something about the sources.
  process.exitCode = 70;
}
