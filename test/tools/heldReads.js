// Loaded before the command with --import: a source that does not answer. From the first read of HELD on each one waits
// until the parent sends a message; the parent hears when the first of them waits. HELD is `any`, or `blocks`: reads
// between the labels at the two ends of a source of HELD_SIZE bytes, which come when labels and rings are known.
import fs from 'node:fs';

const { HELD, HELD_SIZE } = process.env;
const LABELS = 4 * 1024 * 1024;
const { read } = fs;
let holding = false;
/** @type {NodeJS.Timeout | undefined} */
let hold;
/** @type {Promise<void>} */
const released = new Promise((resolve) => {
  process.once('message', () => {
    clearInterval(hold);
    resolve();
  });
});
process.channel?.unref();

/** @param {number} position */
const isHeld = (position) => HELD === 'any' || (position >= LABELS && position < Number(HELD_SIZE) - LABELS);

/** @typedef {(error: NodeJS.ErrnoException | null, bytesRead: number, buffer: Uint8Array) => void} Done */

/** @param {number} fd @param {Uint8Array} buffer @param {number} at @param {number} length @param {number} position @param {Done} done */
async function heldRead(fd, buffer, at, length, position, done) {
  if (!holding && isHeld(position)) {
    holding = true;
    // As a read that is under way does, this keeps the process alive until it is let go.
    hold = setInterval(() => {}, 1000);
    process.send?.('held');
  }
  if (holding) await released;
  read(fd, buffer, at, length, position, done);
}

fs.read = Object.assign(heldRead, read);
