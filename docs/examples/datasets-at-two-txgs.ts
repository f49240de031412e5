// Lists the datasets of a pool at two txgs, and what is in the one and not in the other.
//
//   npx tsx datasets-at-two-txgs.ts 41 42 disk0.img disk1.img
import { openPool, type PoolAt } from 'zfs-uber';

interface Listed {
  readonly txg: bigint;
  /** Bytes that each dataset refers to, by its name. */
  readonly referenced: ReadonlyMap<string, bigint>;
  /** What could not be read. */
  readonly troubles: readonly string[];
}

async function list(view: PoolAt): Promise<Listed> {
  const referenced = new Map<string, bigint>();
  const troubles: string[] = [];
  for await (const { name, phys } of view.datasets({ onTrouble: (trouble) => void troubles.push(trouble.message) })) {
    referenced.set(name, phys.referenced);
  }
  return { txg: view.txg, referenced, troubles };
}

async function datasetsAtTwoTxgs(sources: readonly string[], from: bigint, to: bigint): Promise<string[]> {
  const pool = await openPool(sources);
  try {
    const before = await list(await pool.at(from));
    const after = await list(await pool.at(to));
    const lines = [`${pool.name}, txg ${before.txg} and txg ${after.txg}`];
    for (const name of [...new Set([...before.referenced.keys(), ...after.referenced.keys()])].sort()) {
      const [was, is] = [before.referenced.get(name), after.referenced.get(name)];
      lines.push(
        `${name}: ${was === undefined ? 'not there' : `${was} bytes`}, ${is === undefined ? 'gone' : `${is} bytes`}`,
      );
    }
    for (const { txg, troubles } of [before, after]) {
      for (const trouble of troubles) lines.push(`txg ${txg}, not readable: ${trouble}`);
    }
    return lines;
  } finally {
    await pool.close();
  }
}

const [from, to, ...sources] = process.argv.slice(2);
if (from !== undefined && to !== undefined && sources.length > 0) {
  // A name from a pool may hold anything: JSON shows it without letting the terminal act on it.
  for (const line of await datasetsAtTwoTxgs(sources, BigInt(from), BigInt(to))) console.log(JSON.stringify(line));
}
