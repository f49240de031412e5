// Loaded before the command with --import: a source that does not answer. From read number HELD_FROM on each one waits
// until the parent sends a message; the parent hears when the first of them waits.
import { open } from 'node:fs/promises';

const { HELD_FROM } = process.env;
const handle = await open('/dev/null');
const prototype = Object.getPrototypeOf(handle);
await handle.close();

const { read } = prototype;
let count = 0;
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

/** @param {unknown[]} args */
prototype.read = async function (...args) {
  if (++count === Number(HELD_FROM)) {
    // As a read that is under way does, this keeps the process alive until it is let go.
    hold = setInterval(() => {}, 1000);
    process.send?.('held');
  }
  if (count >= Number(HELD_FROM)) await released;
  return read.apply(this, args);
};
