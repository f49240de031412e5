import type { CandidateEntry } from '../../src/document/candidate.types.ts';
import type { PoolEntry } from '../../src/document/pool.types.ts';
import type { CheckpointAnswer, Truth } from '../tools/images.ts';

/** Where what `scan` says of the checkpoint and what the kernel answered cannot both be right, one line each. */
export function checkpointContradictions(pool: PoolEntry | null, { checkpoint, pool: name }: Truth): string[] {
  if (checkpoint === undefined) return [];
  const candidate = pool?.candidates.find((each) => each.checkpoint !== undefined);
  if (candidate === undefined) return [`checkpoint ${checkpoint.txg}: no candidate, the kernel was asked for it`];
  const wrong: string[] =
    candidate.txg === checkpoint.txg ? [] : [`checkpoint of txg ${candidate.txg}, the pool has ${checkpoint.txg}`];
  const readOnly = optionsOf(candidate.commandReadOnly, name);
  const readWrite = optionsOf(candidate.commandReadWrite, name);
  for (const answer of checkpoint.asked) {
    const options = answer.options.join(' ');
    const writes = !answer.options.includes('readonly=on');
    // No command: whatever anybody tries read-write fails.
    const ours = writes ? readWrite === null || options === readWrite : options === readOnly;
    if (!ours) continue;
    const why = contradictionOf(candidate, answer, writes);
    if (why !== null) wrong.push(`checkpoint ${checkpoint.txg}, ${options}: ${why}`);
  }
  return wrong;
}

function contradictionOf(
  candidate: CandidateEntry,
  { loads, rc, errs, options }: CheckpointAnswer,
  writes: boolean,
): string | null {
  const { verdict, reasons, metadataErrors, dataErrors } = candidate;
  if (verdict === 'unverified') return null;
  const says = verdict === 'importable' || (verdict === 'readonly' && !writes);
  if (says !== loads) return `${verdict} (${reasons[0] ?? ''}), the kernel ${loads ? 'loads it' : `answers ${rc}`}`;
  // Without -T the kernel verifies next to nothing, and counts nothing.
  if (!loads || !options.includes('-T')) return null;
  const [metadata = 0, data = 0] = errs === '' ? [0, 0] : errs.split(',').map(Number);
  if (metadataErrors !== null && metadataErrors !== metadata)
    return `${metadataErrors} metadata errors, the kernel counts ${metadata}`;
  if (dataErrors !== null && dataErrors !== data) return `${dataErrors} data errors, the kernel counts ${data}`;
  return null;
}

/** What a command has besides the places of devices, `-N`, `-f` and the pool; null of no command. */
function optionsOf(command: readonly string[], name: string): string | null {
  if (command.length === 0) return null;
  const from = command.lastIndexOf('-f') + 1;
  return command.slice(from, command.at(-1) === name ? -1 : undefined).join(' ');
}
