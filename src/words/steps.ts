import type { StepName } from '../load/stepNames.ts';

/** What a step of the load has to do, in words. */
export const STEP_WORDS: Readonly<Record<StepName, string>> = {
  spa_ld_open_vdevs: 'open the devices by their labels',
  spa_ld_select_uberblock: 'choose the uberblock',
  spa_ld_checkpoint_rewind: 'go back to the checkpoint',
  spa_ld_open_rootbp: 'read the root block',
  spa_ld_trusted_config: "open the devices of the pool's own config",
  spa_ld_read_checkpoint_txg: 'look for a checkpoint',
  spa_ld_open_indirect_vdev_metadata: 'read the mappings of removed vdevs',
  spa_ld_check_features: 'know all features',
  spa_ld_load_special_directories: 'open the datasets of the pool itself',
  spa_ld_get_props: "read the pool's properties and logs",
  spa_ld_open_aux_vdevs: 'open spares and cache devices',
  vdev_load: 'load metaslabs and other state of the vdevs',
  spa_ld_log_spacemaps: 'read the logs of space maps',
  spa_ld_load_dedup_tables: 'load the dedup tables',
  spa_ld_load_brt: 'load the tables of cloned blocks',
  spa_ld_verify_logs: 'read the intent logs',
  metaslab_load: 'find out which space is free, in the first txgs that are written',
  spa_load_verify: 'verify all blocks of metadata',
};

const BY_NAME: ReadonlyMap<string, string> = new Map(Object.entries(STEP_WORDS));

/** The same of a name that stands in a document; with the name behind it, which OpenZFS's own log has. */
export const stepWords = (name: string): string => {
  const words = BY_NAME.get(name);
  return words === undefined ? name : `${words} (${name})`;
};
