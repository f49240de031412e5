#!/usr/bin/env node
// Parsed by every Node since 6, as a script or as a module: one that is too old says so. All else is in run.cjs.

/**
 * Whether this Node has what the program is made of.
 *
 * @param {string} version as process.versions.node has it
 */
function isNewEnough(version) {
  const parts = version.split('.');
  const major = Number(parts[0]);
  // 21 and early 22 lack it as well.
  return (major > 20 || (major === 20 && Number(parts[1]) >= 19)) && typeof process.getBuiltinModule === 'function';
}

if (isNewEnough(process.versions.node)) {
  // No import: those of Node's own modules take longer than to read a disk's labels.
  const { realpathSync } = process.getBuiltinModule('node:fs');
  const { createRequire } = process.getBuiltinModule('node:module');
  // As npm installs it, the path is that of a link.
  const file = realpathSync(process.argv[1] || '');
  createRequire(file)('./run.cjs');
} else {
  console.error(
    `zfs-uber: this is Node ${process.versions.node}, and Node 20.19 or newer is needed (of 22 at least 22.3). Nothing was read.`,
  );
  // Not 1 to 3, which say something about the sources.
  process.exitCode = 70;
}
