import type { Step } from '../rewind/steps.ts';
import type { Relaxed, WayOut } from '../rewind/waysOut.ts';
import { WAY_RISKS } from '../words/wayRisks.ts';
import type { RelaxedEntry } from './candidate.types.ts';
import { commandEntries } from './commandEntries.ts';
import type { WayOutEntry } from './recommendation.types.ts';
import { parameterLines } from './shell/parameterLines.ts';
import type { SourceIndexOf } from './sourceEntry.ts';
import { shellStepEntry } from './stepEntry.ts';

export function wayOutEntry(
  {
    kind,
    txg,
    parameters,
    readOnly,
    readWrite,
    withoutLog,
    steps,
    verdict,
    risks,
    tops,
    devices,
    metadataErrors,
  }: WayOut,
  sourceIndexOf: SourceIndexOf,
): WayOutEntry {
  const indexes = devices?.flatMap((device) => sourceIndexOf(device) ?? []).sort((a, b) => a - b);
  return {
    kind,
    txg: txg.toString(),
    verdict,
    parameters: parameters.map(({ name, value }) => ({ name, value })),
    onFreeBsd: isForFreeBsd(steps) ? [] : parameterLines(parameters, 'freebsd'),
    steps: steps.map(shellStepEntry),
    ...commandEntries({ readOnly, readWrite }),
    ...(withoutLog && readOnly.length > 0 ? { withoutLog } : {}),
    risks,
    tops,
    ...(indexes === undefined ? {} : { sources: indexes }),
    metadataErrors,
  };
}

/** The least that makes OpenZFS load a candidate, with how it is set. */
export const relaxedEntry = ({ parameters, verdict, risks, tops, metadataErrors }: Relaxed): RelaxedEntry => ({
  parameters: parameters.map(({ name, value }) => `${name}=${value}`),
  verdict,
  cost: risks.map((risk) => WAY_RISKS[risk]).join(' '),
  risks,
  tops,
  metadataErrors,
  onLinux: parameterLines(parameters, 'linux'),
  onFreeBsd: parameterLines(parameters, 'freebsd'),
});

/** Their own lines are those of FreeBSD already. */
const isForFreeBsd = (steps: readonly Step[]): boolean =>
  steps.some((step) => 'system' in step && step.system === 'freebsd');
