import type { Txg } from '../bytes/units.ts';
import type { Verdict } from '../load/predict.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { ImportCommands } from './commands.ts';
import type { ImportPlace } from './importPlace.ts';
import type { Parameter } from './parameter.ts';
import { showingsOf } from './recommend.ts';
import { type Step, stepsOf, syncsFrom } from './steps.ts';
import type { WayOut } from './waysOut.ts';

export interface WayPlan {
  readonly pool: Pool;
  readonly placeOf: (device: DeviceSurvey) => ImportPlace | null;
  readonly commands: ImportCommands;
  /** To give; null for all. */
  readonly devices: readonly DeviceSurvey[] | null;
  readonly parameters: readonly Parameter[];
  readonly verdict: Verdict;
  readonly txg: Txg;
  /** In the rings. */
  readonly newest: Txg;
}

/** The commands of a way and all that is to be done, in order; nothing that writes where a read-write import fails. */
export function waySteps({
  pool,
  placeOf,
  commands,
  devices,
  parameters,
  verdict,
  txg,
  newest,
}: WayPlan): Pick<WayOut, 'readOnly' | 'readWrite' | 'withoutLog' | 'steps'> {
  const writes = verdict === 'importable';
  const showings = showingsOf({ pool, placeOf }, { devices });
  const system = showings[0]?.place.system ?? 'linux';
  const steps = stepsOf({
    commands,
    showings,
    encrypted: false,
    writes,
    syncs: newest > txg ? syncsFrom(txg, newest) : null,
    lostLogs: null,
  });
  const set: Step[] =
    parameters.length === 0 || steps.length === 0 ? [] : [{ kind: 'set-parameters', parameters, system }];
  const reset: Step[] = set.length === 0 ? [] : [{ kind: 'reset-parameters', parameters, system }];
  return {
    readOnly: commands.readOnly,
    readWrite: writes ? commands.readWrite : [],
    withoutLog: commands.withoutLog,
    steps: [...set, ...steps, ...reset],
  };
}
