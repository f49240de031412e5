import { expect, it } from 'vitest';
import { ASSERTED, CLONES_HELD } from '../../src/load/hazard.ts';
import { type LoadStep, predict, type Trouble } from '../../src/load/predict.ts';
import type { StepName } from '../../src/load/stepNames.ts';
import { hazardWords } from '../../src/words/hazards.ts';

const step = (name: StepName, when: LoadStep<null>['when'], ...troubles: Trouble[]): LoadStep<null> => ({
  name,
  when,
  check: () => troubles,
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

it('gives the first trouble of the deciding step as the first reason', async () => {
  const second: Trouble = { reason: { code: 'nothing-to-read-with' }, because: 'damage' };
  const found = await predict(null, [step('spa_ld_log_spacemaps', 'read-write-only', damage, second)], true);
  expect(found).toMatchObject({ reasons: [{ code: 'no-label', step: 'spa_ld_log_spacemaps' }] });
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
