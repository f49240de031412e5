import type { Candidate } from '../../load/candidates.ts';
import type { Evidence, Finding } from './finding.ts';
import { configJumps, type TimeJump, timeJumps } from './timeJumps.ts';
import { stateAt } from './values/named.ts';

/**
 * Times that go back while txgs go up. After a rewind the txgs start again from where it went, so that newer ones of
 * before stay with an older time; otherwise the writer's clock was set back.
 */
export function timeGoingBack(evidence: Evidence): Finding[] {
  return [
    ...abandonedTimelines(evidence).flatMap((jump) => abandoned(jump, evidence)),
    ...timeJumps(evidence.pool, evidence.candidates).flatMap((jump) => (isRewind(jump, evidence) ? [] : setBack(jump))),
  ];
}

/** The states that were left behind by a rewind and are still in the rings, and where the pool went on. */
export function abandonedTimelines(evidence: Evidence): TimeJump[] {
  const { pool, candidates, facts } = evidence;
  const rewinds = timeJumps(pool, candidates)
    .filter((jump) => isRewind(jump, evidence))
    .map((jump) => withTied(jump, evidence));
  return rewinds.length > 0 || facts === null ? rewinds : configJumps(pool, candidates, facts.configTxgs);
}

/**
 * After a rewind that took less than a second the clock does not tell the states left behind from those that came then.
 * The labels are as old as the config of the newest state; where they are of the states that came, others are not.
 */
function withTied(jump: TimeJump, { pool: { configTxg: label }, facts }: Evidence): TimeJump {
  const [first, last] = [jump.ahead[0], jump.ahead.at(-1)];
  if (label === null || first === undefined || last === undefined || label < first.txg || label > last.txg) return jump;
  const left = jump.tied.filter(({ key }) => (facts?.configTxgs.get(key) ?? label) !== label);
  const behind = [...jump.behind, ...left].sort((a, b) => (a.txg < b.txg ? -1 : 1));
  return left.length === 0 ? jump : { ...jump, behind };
}

/**
 * Labels and the config in the MOS are written in the same txg. So on one line of txgs the config of a later state is
 * never older than that of an earlier one, and the labels are as old as the config of the newest state.
 * Source: module/zfs/spa_config.c, spa_config_generate; vdev_label.c, vdev_config_sync; spa.c, spa_sync_config_object
 */
function isRewind({ behind, ahead, hasCommonPast }: TimeJump, { pool, facts }: Evidence): boolean {
  const configTxg = ({ key }: Candidate): bigint | null => facts?.configTxgs.get(key) ?? null;
  const left = behind.map((candidate) => ({ candidate, config: configTxg(candidate) }));
  const went = ahead.map((candidate) => ({ candidate, config: configTxg(candidate) }));
  for (const { candidate, config } of left) {
    if (config === null) continue;
    if (went.some((other) => other.candidate.txg < candidate.txg && (other.config ?? 0n) > config)) return true;
  }
  const label = pool.configTxg;
  const newest = left.at(-1);
  if (label !== null && newest?.config != null) {
    return label !== newest.config && label <= newest.candidate.txg;
  }
  // Nothing but times and labels to go by: the import that rewound has rewritten the labels.
  const [first, last] = [ahead[0], ahead.at(-1)];
  if (label === null || first === undefined || last === undefined) return false;
  return hasCommonPast && label >= first.txg && label <= last.txg;
}

const names = ({ devices }: TimeJump): string[] => devices.map(({ source }) => source.name);

function abandoned(jump: TimeJump, evidence: Evidence): Finding[] {
  const { behind, ahead, devices } = jump;
  const [from, to] = [ahead[0], ahead.at(-1)];
  if (from === undefined || to === undefined) return [];
  const passed = passedBy(jump, evidence);
  const values = {
    devices: names(jump),
    abandoned: behind.map(({ txg }) => txg),
    from: from.txg,
    to: stateAt((passed ?? to).uberblock),
    passed: passed !== null,
  };
  return [{ code: 'abandoned-timeline', severity: passed === null ? 'warning' : 'info', values, devices }];
}

/** The newest state that came after the rewind, where its txg is above all that were left: an import takes that one. */
function passedBy({ behind, tied }: TimeJump, { candidates, facts, pool }: Evidence): Candidate | null {
  const [newest] = candidates;
  const last = behind.at(-1);
  if (newest === undefined || last === undefined || newest.txg <= last.txg) return null;
  // Of one second with the last that came then for sure: what its config says decides, and nothing where that is unknown.
  if (tied.includes(newest) && facts?.configTxgs.get(newest.key) !== pool.configTxg) return null;
  return behind.every(({ uberblock }) => newest.uberblock.timestamp > uberblock.timestamp) ? newest : null;
}

function setBack(jump: TimeJump): Finding[] {
  const [after] = jump.behind;
  const before = jump.ahead.filter(({ txg }) => after === undefined || txg < after.txg).at(-1) ?? jump.ahead[0];
  const known = before !== undefined && after !== undefined;
  const values = {
    devices: names(jump),
    before: known ? stateAt(before.uberblock) : null,
    after: known ? stateAt(after.uberblock) : null,
  };
  return [{ code: 'clock-anomaly', severity: 'warning', values, devices: jump.devices }];
}
