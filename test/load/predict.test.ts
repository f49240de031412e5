import { expect, it } from 'vitest';
import { ASSERTED, CLONES_HELD } from '../../src/load/hazard.ts';
import {
  fails,
  isLeftByGone,
  type LoadStep,
  type Prediction,
  passes,
  predict,
  restsOnFailedReads,
  type Trouble,
  type Verdict,
} from '../../src/load/predict.ts';
import type { StepName } from '../../src/load/stepNames.ts';
import { SourceError } from '../../src/source/source.ts';
import { hazardWords } from '../../src/words/hazards.ts';

const step = (name: StepName, when: LoadStep<null>['when'], trouble: Trouble | null = null): LoadStep<null> => ({
  name,
  when,
  check: () => trouble,
});
const damage: Trouble = { reason: { code: 'no-label' }, because: 'damage' };

it('lets a read-only import pass over damage that only a read-write import would meet', async () => {
  const steps = [
    step('spa_ld_open_rootbp', 'always'),
    step('spa_ld_log_spacemaps', 'read-write-only', damage),
    step('spa_load_verify', 'always'),
  ];
  expect(await predict(null, steps, true)).toMatchObject({ verdict: 'readonly', failsAt: 'spa_ld_log_spacemaps' });
});

it('calls a txg damaged when a later step fails for both kinds of import', async () => {
  const steps = [step('spa_ld_log_spacemaps', 'read-write-only', damage), step('spa_load_verify', 'always', damage)];
  expect(await predict(null, steps, true)).toMatchObject({ verdict: 'damaged', failsAt: 'spa_load_verify' });
});

it('calls a txg incomplete when what fails first is a missing device', async () => {
  const missing: Trouble = { reason: { code: 'uberblock-not-seen' }, because: 'missing-device' };
  const steps = [step('spa_ld_open_vdevs', 'always', missing), step('spa_load_verify', 'always', damage)];
  expect(await predict(null, steps, true)).toMatchObject({ verdict: 'incomplete', failsAt: 'spa_ld_open_vdevs' });
});

it('promises nothing when steps are left out, or when one could not be judged', async () => {
  const unknown: Trouble = { reason: { code: 'nothing-to-read-with' }, because: 'unknown' };
  expect(await predict(null, [step('spa_ld_open_rootbp', 'always')], false)).toMatchObject({
    verdict: 'unverified',
    failsAt: null,
  });
  expect(await predict(null, [step('spa_ld_open_rootbp', 'always', unknown)], true)).toMatchObject({
    verdict: 'unverified',
  });
  const steps = [step('spa_ld_log_spacemaps', 'read-write-only', damage)];
  expect(await predict(null, steps, false)).toMatchObject({ verdict: 'unverified', failsAt: 'spa_ld_log_spacemaps' });
});

it('warns of a txg that OpenZFS would meet with an assertion, and calls it damaged', async () => {
  const steps = [step('spa_ld_open_indirect_vdev_metadata', 'always', { ...damage, danger: ASSERTED })];
  const { verdict, hazards } = await predict(null, steps, true);
  expect(verdict).toBe('damaged');
  expect(hazards).toMatchObject([
    { ...ASSERTED, meets: { step: 'spa_ld_open_indirect_vdev_metadata', reason: damage.reason } },
  ]);
  expect(hazards.map(hazardWords)).toEqual([expect.stringContaining('would crash the machine')]);
});

it('warns of a txg whose import would never end, and says in which releases', async () => {
  const steps = [step('spa_ld_load_brt', 'always', { ...damage, danger: CLONES_HELD, listing: true })];
  const [hazard] = (await predict(null, steps, true)).hazards;
  expect(hazard).toMatchObject({ kind: 'hang', releases: '2.3.0-2.4.3' });
  expect(hazard && hazardWords(hazard)).toMatch(
    /would never end, nor would any zpool command .* only lists the pools .* hangs too$/,
  );
});

it('leaves out what only a read-write import does once one such step has failed, and nothing else', async () => {
  const asked: string[] = [];
  const told: string[] = [];
  const named = (name: StepName, when: LoadStep<null>['when'], trouble: Trouble | null = null): LoadStep<null> => ({
    name,
    when,
    check: () => {
      asked.push(name);
      return trouble;
    },
  });
  const steps = [
    named('spa_ld_open_vdevs', 'read-write-only'),
    named('spa_ld_log_spacemaps', 'read-write-only', damage),
    named('spa_ld_load_brt', 'read-write-only', damage),
    named('spa_ld_get_props', 'always'),
    named('spa_load_verify', 'always', damage),
    named('vdev_load', 'always'),
  ];
  const found = await predict(null, steps, true, ({ name }, trouble) => {
    told.push(`${name} ${trouble === null ? 'passes' : trouble.because}`);
  });
  expect(found).toMatchObject({ verdict: 'damaged', failsAt: 'spa_load_verify' });
  expect(asked).toEqual(['spa_ld_open_vdevs', 'spa_ld_log_spacemaps', 'spa_ld_get_props', 'spa_load_verify']);
  expect(told).toEqual([
    'spa_ld_open_vdevs passes',
    'spa_ld_log_spacemaps damage',
    'spa_ld_get_props passes',
    'spa_load_verify damage',
  ]);
});

it('says that everything is there where all steps pass that there are', async () => {
  expect(await predict(null, [step('spa_load_verify', 'always')], true)).toEqual({
    verdict: 'importable',
    reasons: [{ code: 'all-reads' }],
    failsAt: null,
    hazards: [],
  });
});

it('keeps the reads that failed, where some did, and why', async () => {
  const unread = [new SourceError('EIO', 'input/output error', { source: 'd', offset: 0, path: [] })];
  const withReads: Trouble = { ...damage, because: 'failed-read', unread };
  const found = await predict(null, [step('spa_ld_open_rootbp', 'always', withReads)], true);
  expect(found).toMatchObject({ verdict: 'damaged', because: 'failed-read', unread });
  expect(await predict(null, [step('spa_ld_open_rootbp', 'always', damage)], true)).not.toHaveProperty('unread');
});

it('says of a danger whether listing the pools meets it', async () => {
  const danger = { ...damage, danger: ASSERTED };
  const [quiet] = (await predict(null, [step('spa_ld_load_brt', 'always', danger)], true)).hazards;
  expect(quiet?.listing).toBe(false);
});

it.each<[Verdict, boolean, boolean]>([
  ['importable', true, false],
  ['readonly', true, false],
  ['unverified', false, false],
  ['damaged', false, true],
  ['incomplete', false, true],
])('takes %s for one that passes: %s, that fails: %s', (verdict, good, bad) => {
  expect([passes({ verdict }), fails({ verdict })]).toEqual([good, bad]);
});

it('tells what rests on reads that failed, and on a device that went away', () => {
  const place = { source: 'd', offset: 0, path: [] };
  class GoneError extends SourceError {
    override get gone(): boolean {
      return true;
    }
  }
  const about = (because: Trouble['because'], ...codes: ('EIO' | 'gone')[]): Prediction => ({
    ...{ verdict: 'damaged', reasons: [], failsAt: null, hazards: [], because },
    unread: codes.map((code) => new (code === 'gone' ? GoneError : SourceError)('EIO', code, place)),
  });
  expect(restsOnFailedReads(about('failed-read'))).toBe(true);
  expect(restsOnFailedReads(about('damage'))).toBe(false);
  expect(isLeftByGone(about('failed-read', 'EIO', 'gone'))).toBe(true);
  expect(isLeftByGone(about('failed-read', 'EIO'))).toBe(false);
  expect(isLeftByGone({ verdict: 'damaged' as const, reasons: [], failsAt: null, hazards: [] })).toBe(false);
});
