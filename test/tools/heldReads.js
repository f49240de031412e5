// Loaded before the command with --import: a source that does not answer. From the first read of HELD on each one waits
// until the parent sends a message; the parent hears when the first of them waits. HELD is `any`, or `blocks`: reads
// between the labels at the two ends of a source of HELD_SIZE bytes, which come when labels and rings are known.
import { open } from 'node:fs/promises';

const { HELD, HELD_SIZE } = process.env;
const LABELS = 4 * 1024 * 1024;
const handle = await open('/dev/null');
const prototype = Object.getPrototypeOf(handle);
await handle.close();

const { read } = prototype;
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

/** @param {unknown} position */
const isHeld = (position) =>
  HELD === 'any' || (Number(position) >= LABELS && Number(position) < Number(HELD_SIZE) - LABELS);

/** @param {unknown[]} args buffer, where in it, length, position */
prototype.read = async function (...args) {
  if (!holding && isHeld(args[3])) {
    holding = true;
    // As a read that is under way does, this keeps the process alive until it is let go.
    hold = setInterval(() => {}, 1000);
    process.send?.('held');
  }
  if (holding) await released;
  return read.apply(this, args);
};
