import { expect, it } from 'vitest';
import { LABEL_STEPS } from '../../src/load/labelSteps.ts';
import { CHECKPOINT_PLAN, MISSING_TOPS_PLAN, MOS_PLAN, type Plan, RING_PLAN } from '../../src/load/plan.ts';

const namesOf = (plan: Plan): string[] => plan.map(({ name, when }) => (when === 'always' ? name : `${name} to write`));

// Source: module/zfs/spa.c, spa_load_impl
it('takes the steps in the order of the real load', () => {
  expect(namesOf(RING_PLAN)).toEqual([
    'spa_ld_open_vdevs',
    'spa_ld_select_uberblock',
    'spa_ld_open_rootbp',
    'spa_ld_trusted_config',
    'spa_ld_read_checkpoint_txg',
    'spa_ld_open_indirect_vdev_metadata',
    'spa_ld_check_features',
    'spa_ld_check_features to write',
    'spa_ld_load_special_directories',
    'spa_ld_get_props',
    'spa_ld_open_aux_vdevs',
    'vdev_load',
    'vdev_load to write',
    'spa_ld_log_spacemaps',
    'spa_ld_log_spacemaps to write',
    'spa_ld_load_dedup_tables',
    'spa_ld_load_brt',
    'spa_ld_verify_logs to write',
    'spa_load_verify',
    'spa_load_verify',
    'metaslab_load to write',
  ]);
});

it('begins with what labels alone decide, and ends there or with the meta-object set for who asks no more', () => {
  expect(RING_PLAN.slice(0, LABEL_STEPS.length)).toEqual(LABEL_STEPS);
  expect(namesOf(MOS_PLAN)).toEqual(namesOf(RING_PLAN.slice(0, 4)));
});

it('differs for the checkpoint in where the uberblock is from, and without all top-level vdevs in that nothing is written', () => {
  const checkpoint = namesOf(CHECKPOINT_PLAN);
  expect(checkpoint.splice(1, 1)).toEqual(['spa_ld_checkpoint_rewind']);
  const missing = namesOf(MISSING_TOPS_PLAN);
  expect(missing.splice(4, 1)).toEqual(['spa_ld_open_vdevs to write']);
  expect(missing).toEqual(namesOf(RING_PLAN));
  expect(checkpoint).toEqual(namesOf(RING_PLAN.filter(({ name }) => name !== 'spa_ld_select_uberblock')));
});
