import { layout, u64 } from '../bytes/struct.ts';

/**
 * Bonus of the history object, a ring of records that never overwrites those of the pool's creation.
 * Source: include/sys/spa_impl.h, spa_history_phys_t (OpenZFS 2.4.99).
 */
export const HISTORY = layout('history offsets', 40, {
  createEnd: u64(0),
  physicalEnd: u64(8),
  begin: u64(16),
  end: u64(24),
  recordsLost: u64(32),
});

/**
 * Internal events by number, as records name them that were written before version 28 gave them names.
 * Source: include/sys/fs/zfs.h, history_internal_events_t; module/zcommon/zfs_comutil.c, zfs_history_event_names.
 */
export const HISTORY_EVENTS = [
  'invalid',
  'pool create',
  'vdev add',
  'pool remove',
  'pool destroy',
  'pool export',
  'pool import',
  'vdev attach',
  'vdev replace',
  'vdev detach',
  'vdev online',
  'vdev offline',
  'vdev upgrade',
  'pool clear',
  'pool scrub',
  'pool property set',
  'create',
  'clone',
  'destroy',
  'destroy_begin_sync',
  'inherit',
  'property set',
  'quota set',
  'permission update',
  'permission remove',
  'permission who remove',
  'promote',
  'receive',
  'rename',
  'reservation set',
  'replay_inc_sync',
  'replay_full_sync',
  'rollback',
  'snapshot',
  'filesystem version upgrade',
  'refquota set',
  'refreservation set',
  'pool scrub done',
  'user hold',
  'user release',
  'pool split',
] as const;
