#!/usr/bin/env node
// Parsed by every Node since 0.12: one that is too old says so. All else is in run.cjs.

/**
 * Whether this Node has what the program is made of.
 *
 * @param {string} version as process.versions.node has it
 */
function isNewEnough(version) {
  var parts = version.split('.');
  var major = Number(parts[0]);
  // 21 and early 22 lack it as well.
  return (major > 20 || (major === 20 && Number(parts[1]) >= 19)) && typeof process.getBuiltinModule === 'function';
}

if (isNewEnough(process.versions.node)) {
  require('./run.cjs');
} else {
  console.error(
    'zfs-uber: this is Node ' +
      process.versions.node +
      ', and Node 20.19 or newer is needed (of 22 at least 22.3). Nothing was read.',
  );
  // Not 1 to 3, which say something about the sources.
  process.exitCode = 70;
}
