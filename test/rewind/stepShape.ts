import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { stepLines } from '../../src/document/shell/stepLines.ts';
import type { Recommendation } from '../../src/rewind/recommendation.ts';
import type { Step } from '../../src/rewind/steps.ts';

const READ = '(copy )?(show-read-only )?import-read-only copy-out export (detach )?';
const WRITE = '(show-read-write )?import-read-write (outrun )?(remove-log )?export (detach )?';
const ORDER = new RegExp(`^${READ}(${WRITE})?$`);
/** What every command but `zpool import` takes for a pool. Source: module/zcommon/zfs_namecheck.c, pool_namecheck */
const NAME = /^[A-Za-z][A-Za-z0-9_.: -]*$/;

/**
 * What is wrong with the steps of a recommendation, whatever pool it is for; empty where nothing is.
 *
 * @param images of the pool: what the commands may name
 */
export function stepTroubles({ steps, candidate }: Recommendation, images: readonly string[]): string[] {
  const trouble: string[] = [];
  const check = (holds: boolean, what: string): void => {
    if (!holds) trouble.push(what);
  };
  const order = steps.map(({ kind }) => `${kind} `).join('');
  check(ORDER.test(order), `order: ${order}`);
  const { commands, prediction } = candidate;
  const writes = steps.some(({ kind }) => kind === 'import-read-write');
  check(writes === (prediction.verdict === 'importable' && commands.readWrite.length > 0), `writes: ${writes}`);
  check(NAME.test(commands.pool), `name: ${commands.pool}`);
  const shown = new Set<string>();
  let imported = false;
  for (const step of steps) {
    for (const line of stepLines(step)) check(!/[\p{Cc}\p{Cf}]/u.test(line), `control characters: ${line}`);
    if ('showings' in step) {
      for (const { path, place, kind } of step.showings) {
        check(kind !== 'as-is', `nothing to do for ${path}`);
        check(images.includes(place.path), `not an image of the pool: ${place.path}`);
        if (step.kind === 'detach')
          check(shown.delete(path) && !imported, `detached while in use or not there: ${path}`);
        else {
          check(!shown.has(path) || step.kind !== 'copy', `shown twice: ${path}`);
          shown.add(path);
        }
      }
    } else if ('command' in step) {
      check(!imported, 'imported twice');
      imported = true;
      trouble.push(...importTroubles(step.command, shown, images));
      check(step.command.at(-1) === commands.pool, `imported as ${step.command.at(-1)}`);
    } else if ('pool' in step) {
      check(imported && step.pool === commands.pool, `${step.kind} of ${step.pool}`);
      if (step.kind === 'export') imported = false;
    }
  }
  check(!imported, 'not exported');
  return trouble;
}

function importTroubles(
  command: Extract<Step, { command: unknown }>['command'],
  shown: ReadonlySet<string>,
  images: readonly string[],
): string[] {
  const given = command.filter((_, at) => command[at - 1] === '-d');
  return [
    ...(given.length === 0 ? ['no device is given'] : []),
    ...(new Set(given).size < given.length ? ['a device is given twice'] : []),
    ...given.flatMap((path) => {
      if (!isAbsolute(path)) return [`relative: ${path}`];
      if (shown.has(path)) return [];
      if (!images.includes(path)) return [`not shown and no image of the pool: ${path}`];
      return statSync(path).isFile() ? [] : [`no file: ${path}`];
    }),
  ];
}
