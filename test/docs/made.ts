import manifest from '../../package.json' with { type: 'json' };
import { manualPage } from '../../src/cli/manual.ts';
import { jsonPage } from './jsonPage.ts';
import { documentSchemas } from './schemas.ts';
import { pagesWithTables } from './tables.ts';
import { versionsPage } from './versionsPage.ts';

/** Files of the repository that are made of its code, by path from its root, with their content. */
export function madeFiles(): Map<string, string> {
  const schemas = documentSchemas();
  const files = new Map([
    ['docs/json.md', jsonPage(schemas)],
    ['docs/versions.md', versionsPage()],
    ['man/zfs-uber.1', manualPage(manifest.version)],
    ...pagesWithTables(),
  ]);
  for (const [name, schema] of schemas) files.set(`schema/${name}.json`, `${JSON.stringify(schema, null, 2)}\n`);
  return files;
}
