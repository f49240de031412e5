import { expect, it } from 'vitest';
import { ASSERTED, CLONES_HELD } from '../../src/load/hazard.ts';
import { type LoadStep, predict, type Trouble } from '../../src/load/predict.ts';

const step = (name: string, when: LoadStep<null>['when'], ...troubles: Trouble[]): LoadStep<null> => ({
  name,
  when,
  check: () => troubles,
});
const damage: Trouble = { message: 'no copy is readable', because: 'damage' };

it('lets a read-only import pass over damage that only a read-write import would meet', async () => {
  const steps = [
    step('open rootbp', 'always'),
    step('load space maps', 'read-write-only', damage),
    step('verify', 'always'),
  ];
  expect(await predict(null, steps, true)).toMatchObject({ verdict: 'readonly', failsAt: 'load space maps' });
});

it('gives the first trouble of the deciding step as the first reason', async () => {
  const second: Trouble = { message: 'a later one', because: 'damage' };
  const found = await predict(null, [step('load space maps', 'read-write-only', damage, second)], true);
  expect(found).toMatchObject({ reasons: ['no copy is readable'], failsAt: 'load space maps' });
});

it('calls a txg damaged when a later step fails for both kinds of import', async () => {
  const steps = [step('load space maps', 'read-write-only', damage), step('verify', 'always', damage)];
  expect(await predict(null, steps, true)).toMatchObject({ verdict: 'damaged', failsAt: 'verify' });
});

it('calls a txg incomplete when what fails first is a missing device', async () => {
  const missing: Trouble = { message: 'd1 is missing', because: 'missing-device' };
  const steps = [step('open vdevs', 'always', missing), step('verify', 'always', damage)];
  expect(await predict(null, steps, true)).toMatchObject({ verdict: 'incomplete', failsAt: 'open vdevs' });
});

it('promises nothing when steps are left out, or when one could not be judged', async () => {
  const unknown: Trouble = { message: 'not read', because: 'unknown' };
  expect(await predict(null, [step('open rootbp', 'always')], false)).toMatchObject({
    verdict: 'unverified',
    failsAt: null,
  });
  expect(await predict(null, [step('open rootbp', 'always', unknown)], true)).toMatchObject({ verdict: 'unverified' });
  const steps = [step('load space maps', 'read-write-only', damage)];
  expect(await predict(null, steps, false)).toMatchObject({ verdict: 'unverified', failsAt: 'load space maps' });
});

it('warns of a txg that OpenZFS would meet with an assertion, and calls it damaged', async () => {
  const steps = [step('open mapping', 'always', { ...damage, danger: ASSERTED })];
  const { verdict, hazards } = await predict(null, steps, true);
  expect(verdict).toBe('damaged');
  expect(hazards).toEqual([{ ...ASSERTED, message: expect.stringContaining('would crash the machine') }]);
});

it('warns of a txg whose import would never end, and says in which releases', async () => {
  const steps = [step('load the table of clones', 'always', { ...damage, danger: CLONES_HELD, listing: true })];
  const [hazard] = (await predict(null, steps, true)).hazards;
  expect(hazard).toMatchObject({ kind: 'hang', releases: '2.3.0-2.4.3' });
  expect(hazard?.message).toMatch(/would never end, nor would any zpool command .* only lists the pools .* hangs too$/);
});
