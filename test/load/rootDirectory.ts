import { BONUS, decodeBonus } from '../../src/dataset/bonus.ts';
import type { Mos } from '../../src/dataset/mos.ts';
import type { DmuObject } from '../../src/dataset/object.ts';
import { decodeDslDir } from '../../src/format/dslDir.ts';

/** The ZAP of the directories below the root directory. */
export async function rootDirectoryChildren(mos: Mos): Promise<DmuObject> {
  const { children } = decodeBonus(await mos.object(await mos.rootDirectory()), BONUS.dslDir, decodeDslDir);
  return mos.object(children ?? 0n);
}
