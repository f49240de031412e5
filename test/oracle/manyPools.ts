import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wholeNumber } from '../tools/askedFor.ts';
import { ZDB } from '../tools/zdb.ts';
import { compareBlocks, runZtest, ZTEST, ZTEST_POOLS, ztestImages } from '../tools/ztest.ts';

/**
 * Has ztest make random pools and compares each with zdb: `node bin/develop.js ztest [POOLS] [SECONDS]`. A pool in which
 * the two differ is kept.
 */
const [pools = '13', length = '10'] = process.argv.slice(2);
const [count, seconds] = [wholeNumber('POOLS', pools), wholeNumber('SECONDS', length)];
const kinds = Object.keys(ZTEST_POOLS);
let different = 0;
for (let i = 0; i < count; i++) {
  if (ZTEST === null || ZDB === null) {
    console.log('ztest and zdb are needed; they are not here');
    process.exit(1);
  }
  const kind = kinds[i % kinds.length] ?? '';
  const dir = mkdtempSync(join(tmpdir(), `zfs-uber-ztest-${kind}-`));
  const said = await runZtest(ZTEST, dir, ZTEST_POOLS[kind] ?? [], seconds);
  const compared = await compareBlocks(ZDB, ztestImages(dir), 'ztest');
  if (compared === null) {
    console.log(`${kind}: zdb does not get to the end; ztest said: ${said ?? 'nothing'}`);
  } else {
    const { same, onlyZdb, onlyHere, verified, failed, zdbFailed } = compared;
    const equal =
      onlyZdb.length + onlyHere.length === 0 &&
      zdbFailed.every((bookmark) => failed.has(bookmark)) &&
      failed.size === new Set(zdbFailed).size;
    console.log(
      `${kind}: ${same} pointers the same, ${verified} blocks read, ${failed.size} lost (zdb ${zdbFailed.length})`,
    );
    for (const line of onlyZdb.slice(0, 10)) console.log(`  only zdb  ${line}`);
    for (const line of onlyHere.slice(0, 10)) console.log(`  only here ${line}`);
    if (!equal) {
      different++;
      console.log(`  kept in ${dir}`);
      continue;
    }
  }
  rmSync(dir, { recursive: true });
}
process.exitCode = different === 0 ? 0 : 1;
