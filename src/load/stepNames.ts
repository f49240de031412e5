/**
 * A step of the load, by the name that OpenZFS has for it: the function that fails, as its log names it where it does
 * (`vdev_load failed`, `spa_ld_log_spacemaps failed`, `spa_load_verify failed`). Several of our steps may be one of
 * OpenZFS's. `metaslab_load` belongs to the first txgs that an import writes, and is waited for by the same command.
 *
 * Source: module/zfs/spa.c, spa_load_impl, spa_ld_mos_init, spa_ld_load_vdev_metadata and spa_ld_verify_pool_data
 */
export type StepName =
  | 'spa_ld_open_vdevs'
  | 'spa_ld_select_uberblock'
  | 'spa_ld_checkpoint_rewind'
  | 'spa_ld_open_rootbp'
  | 'spa_ld_trusted_config'
  | 'spa_ld_read_checkpoint_txg'
  | 'spa_ld_open_indirect_vdev_metadata'
  | 'spa_ld_check_features'
  | 'spa_ld_load_special_directories'
  | 'spa_ld_get_props'
  | 'spa_ld_open_aux_vdevs'
  | 'vdev_load'
  | 'spa_ld_log_spacemaps'
  | 'spa_ld_load_dedup_tables'
  | 'spa_ld_load_brt'
  | 'spa_ld_verify_logs'
  | 'metaslab_load'
  | 'spa_load_verify';
