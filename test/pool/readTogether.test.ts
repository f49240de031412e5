import { expect, it } from 'vitest';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { openBlockBatches } from '../../src/pool/blockBatch.ts';
import { inner, leaf, MadeDevice, noise, pointer, readerOf, root } from './madePool.ts';

const SECTOR = 512;

/** A mirror of three, and blocks side by side on it. */
function madeMirror() {
  const devices = ['disk0', 'disk1', 'disk2'].map((name) => new MadeDevice(name));
  const blocks = Array.from({ length: 8 }, (_, i) => {
    const [stored, offset] = [noise(SECTOR, i + 1), i * SECTOR];
    for (const device of devices) device.write(offset, stored);
    return pointer({ stored, dvas: [{ vdev: 0, offset }] });
  });
  const tree = () =>
    root(
      inner(
        'mirror',
        devices.map((device) => leaf(device)),
      ),
    );
  return { devices, blocks, tree };
}

/** Which disks gave the sound blocks, while other reads keep the disks busy in any order. */
async function giversOf({ blocks, tree }: ReturnType<typeof madeMirror>, busy: number): Promise<string[]> {
  const batches = openBlockBatches(tree(), readerOf(tree()), { engine: pureEngine });
  const others = Array.from({ length: busy }, () =>
    batches.read(
      blocks.map((bp) => ({ bp, content: false })),
      () => {},
    ),
  );
  const givers: string[] = [];
  await batches.readSound(blocks, ({ attempts }) =>
    givers.push(`${attempts[0]?.place?.source} by ${attempts[0]?.vdev}`),
  );
  await Promise.all(others);
  return givers;
}

it('names the disk of a mirror that a block read alone names, whatever else is read', async () => {
  const made = madeMirror();
  const alone = await readerOf(made.tree()).read(made.blocks[0] as (typeof made.blocks)[0]);
  const [attempt] = alone.attempts;
  for (const busy of [0, 1, 2, 5]) {
    const givers = await giversOf(made, busy);
    expect(givers).toEqual(made.blocks.map(() => `${attempt?.place?.source} by ${attempt?.vdev}`));
  }
});

it('leaves to be read alone what is not sound on that disk', async () => {
  const made = madeMirror();
  if (made.devices[0] !== undefined) made.devices[0].health = 'garbled';
  expect(await giversOf(made, 0)).toEqual([]);
});
