import type { StepName } from '../../load/stepNames.ts';
import type { FindingCode } from '../../rewind/findings/codes.ts';

/**
 * By what a scan tells whether a txg has what a message speaks of: `import`, it does not import; `steps`, its load ends at
 * one of these; `hazard`, importing it harms the machine; `reason`, its verdict rests on one of these codes. `finding`, the
 * pool has it, whatever the txg.
 */
export type Met =
  | { readonly by: 'import' }
  | { readonly by: 'steps'; readonly steps: readonly StepName[] }
  | { readonly by: 'hazard'; readonly kind: 'panic' | 'hang' }
  | { readonly by: 'reason'; readonly codes: readonly string[] }
  | { readonly by: 'finding'; readonly codes: readonly FindingCode[] };

/** What OpenZFS says, and what is meant. */
export interface MessageMeaning {
  /** Short, and never given to another message. */
  readonly code: string;
  /**
   * Finds the message in a line. Only parts of bounded length repeat, and none stands in another that does, so that a line
   * takes time in proportion to its length.
   */
  readonly pattern: RegExp;
  readonly says: string;
  readonly todo: string;
  /** File of OpenZFS that prints it, and the function where that is one. */
  readonly source: string;
  /** Null where nothing on the disks tells. */
  readonly met: Met | null;
}

const IMPORT: Met = { by: 'import' };
const PANIC: Met = { by: 'hazard', kind: 'panic' };
const step = (...steps: readonly StepName[]): Met => ({ by: 'steps', steps });
const finding = (...codes: readonly FindingCode[]): Met => ({ by: 'finding', codes });

const SCAN = 'scan all devices with zfs-uber: it says which txgs import, and what each costs';
const LISTED = 'cmd/zpool/zpool_main.c, show_import';
const STATUS = 'cmd/zpool/zpool_main.c, print_status_reason';
const RANGES = 'module/zfs/range_tree.c';
const LOAD = 'module/zfs/spa.c, spa_load_impl';
const NO_WRITE =
  'import read-only (-o readonly=on), which changes no space maps, and copy out; do not set zfs_recover and write on: what is allocated twice is overwritten';

/** The first that fits a line speaks. What is special stands before what is general. */
export const MESSAGE_MEANINGS: readonly MessageMeaning[] = [
  // Of `zpool import NAME`.
  {
    code: 'import-io-error',
    pattern: /cannot import '[^']{0,255}'(?: as '[^']{0,255}')?: I\/O error/i,
    says: 'some metadata that the load needs could not be read or fails its checksum. The disks need not be broken: a txg whose blocks never reached them, or that were overwritten since, gives the same words',
    todo: `do not destroy and re-create the pool, which zpool proposes below it; ${SCAN}`,
    source: 'lib/libzfs/libzfs_pool.c, zpool_import_props',
    met: IMPORT,
  },
  {
    code: 'import-device-missing',
    pattern: /cannot import '[^']{0,255}'(?: as '[^']{0,255}')?: one or more devices is currently unavailable/i,
    says: 'a top-level vdev cannot be opened: too many of its devices are absent, or have labels that do not fit',
    todo: `give every device to one scan, also old ones and images: it names what is missing by path and guid`,
    source: 'lib/libzfs/libzfs_util.c, EZFS_BADDEV',
    met: { by: 'reason', codes: ['top-closed', 'config-top-closed', 'top-lacking'] },
  },
  {
    code: 'import-log-missing',
    pattern: /devices below are missing or corrupted, use '-m' to import/i,
    says: 'a log device is not there. Without it the pool is whole, but for what was written synchronously in the last seconds and waited in the log',
    todo: 'look for the device; where it is lost, import with -m',
    source: 'lib/libzfs/libzfs_pool.c, zpool_import_props',
    met: finding('log-missing'),
  },
  {
    code: 'import-other-host',
    pattern: /in use from (?:an)?other system|last accessed by another system/i,
    says: 'the hostid in the labels is another than that of this system: it was not exported there, or it was moved, or the hostid changed (a new installation, a rescue system)',
    todo: 'make sure that no other system has it imported now (zfs-uber scan --watch 30 tells), then import with -f',
    source: 'cmd/zpool/zpool_main.c, do_import',
    met: null,
  },
  {
    code: 'import-active-elsewhere',
    pattern:
      /pool is imported on (?:host )?\S{0,255}|currently imported by another system|pool is imported on a different host|remote host, |(?:MMP|mmp): (?:pool is active|activity detected)|activity detected, aborted/i,
    says: 'multihost is on and somebody writes heartbeats into the rings, or seemed to while the import waited: another host has the pool',
    todo: 'export it there. Where that host is dead for certain, zfs-uber scan --watch 30 says whether the rings still change; -f does not pass over a living host, and must not',
    source: 'module/zfs/spa.c, spa_activity_check',
    met: finding('multihost'),
  },
  {
    code: 'import-hostid-not-set',
    pattern: /system'?s hostid is not set|system hostid not set/i,
    says: 'multihost is on, and this system has no hostid of its own by which to claim the pool',
    todo: 'make one with zgenhostid, or import read-only',
    source: 'module/zfs/spa.c, spa_activity_check',
    met: finding('multihost'),
  },
  {
    code: 'import-claim-failed',
    pattern:
      /multihost claim could not be written|could not claim every device|I\/O errors occurred while writing the multihost claim|uberblock claim failed/i,
    says: 'multihost is on, and the heartbeat by which an import claims the pool could not be written to each device that its config expects',
    todo: 'bring the devices back, or import read-only, which claims nothing',
    source: 'module/zfs/spa.c, spa_ld_claim',
    met: finding('multihost', 'device-missing'),
  },
  {
    code: 'import-unsupported-feature',
    pattern:
      /unsupported version or feature|uses the following feature\(s\) not supported|unsupported feature\(s\)|some features are unsupported|pool uses unsupported features/i,
    says: 'the pool uses features that this OpenZFS does not know',
    todo: 'import with a newer OpenZFS, or read-only where it says that they are needed for writing only; zfs-uber scan --zfs RELEASE judges for another release',
    source: 'module/zfs/spa.c, spa_ld_check_features',
    met: {
      by: 'reason',
      codes: ['features-unknown', 'features-unknown-to-write', 'label-features-unknown', 'label-without-features'],
    },
  },
  {
    code: 'import-version',
    pattern:
      /unsupported ZFS version|version \d{1,20} is not supported|incompatible version|newer, incompatible on-disk version/i,
    says: 'the pool version in the label or uberblock is none that this OpenZFS opens; also what a damaged one looks like',
    todo: SCAN,
    source: 'module/zfs/spa.c, spa_ld_select_uberblock',
    met: { by: 'reason', codes: ['version-unknown', 'stored-version-unknown'] },
  },
  {
    code: 'import-no-such-pool',
    pattern: /no such pool available|no such pool or dataset|no pools available to import/i,
    says: 'no device that was looked at has a label of that pool that verifies. zpool import looks in /dev only, and a file or image counts only with -d; destroyed pools are shown with -D alone',
    todo: 'give the devices with -d; where labels are lost, zfs-uber scan finds vdevs also by their rings and elsewhere on a disk',
    source: 'cmd/zpool/zpool_main.c, do_import',
    met: finding('pool-destroyed', 'label-lost', 'device-shifted', 'partition-hidden'),
  },
  {
    code: 'import-several',
    pattern: /more than one matching pool/i,
    says: 'several pools have that name: an old one whose labels are still on a device is one of them',
    todo: 'import by the guid, which scan and its commands give',
    source: 'cmd/zpool/zpool_main.c, zpool_do_import',
    met: null,
  },
  {
    code: 'import-exists',
    pattern: /a pool with (?:that|guid) .{0,40}already|pool or dataset exists|pool with that name is already created/i,
    says: 'a pool of that name or guid is imported already',
    todo: 'import under another name (zpool import GUID NEWNAME); of the same guid export the other first, for it is the same pool or a copy of its disks',
    source: 'module/zfs/spa.c, spa_ld_parse_config',
    met: finding('duplicate-device'),
  },
  {
    code: 'import-in-use',
    pattern: /devices are already in use|pool or dataset is busy|currently in use/i,
    says: 'something else holds a device: a loop device, a mapping, a RAID, a mount, or another import of the pool',
    todo: 'find the holder (lsblk, lsof, dmsetup ls) and let it go; a signature of something else on the disk may have called it',
    source: 'lib/libzfs/libzfs_pool.c, zpool_import_props',
    met: finding('foreign-signature'),
  },
  {
    code: 'import-read-only-device',
    pattern: /one or more devices is read only/i,
    says: 'a device cannot be written to, and the import was one that writes',
    todo: 'import with -o readonly=on: that is what a read-only loop device or a write blocker is for',
    source: 'lib/libzfs/libzfs_pool.c, zpool_import_props',
    met: null,
  },
  {
    code: 'import-insufficient-replicas',
    pattern: /insufficient replicas/i,
    says: 'more devices of a vdev are absent or broken than its redundancy makes up for',
    todo: 'give all devices, also such that were replaced or taken offline long ago, to one scan',
    source: 'lib/libzfs/libzfs_util.c, EZFS_CKSUM',
    met: { by: 'reason', codes: ['top-closed', 'config-top-closed', 'top-lacking'] },
  },
  {
    code: 'import-rewind-offered',
    pattern:
      /Recovery is possible, but will result in some data loss|Returning the pool to its state as of|should correct the problem/i,
    says: 'OpenZFS found an older txg that loads. It tried those of the last seconds only, and says the loss by the clock, not what is lost',
    todo: 'do not run zpool import -F on the only copy: it writes at once. scan gives the same choice with all txgs, and a line that imports read-only first',
    source: 'lib/libzfs/libzfs_pool.c, zpool_explain_recover',
    met: IMPORT,
  },
  {
    code: 'import-recreate-proposed',
    pattern: /destroy and re-?create the pool from\b/i,
    says: 'OpenZFS found no txg that loads among those that it tried: the newest, and with -F those of the last seconds',
    todo: `do not: the rings hold older ones. ${SCAN}`,
    source: 'lib/libzfs/libzfs_pool.c, zpool_explain_recover',
    met: IMPORT,
  },
  {
    code: 'import-checksum-error',
    pattern:
      /cannot import '[^']{0,255}'(?: as '[^']{0,255}')?: (?:Invalid exchange|Integrity check failed)|internal error: (?:Invalid exchange|Integrity check failed)/i,
    says: 'a checksum fails, which Linux calls an invalid exchange (EBADE) and FreeBSD a failed integrity check: something that the load needs is not what was written',
    todo: SCAN,
    source: 'lib/libzfs/libzfs_util.c, zpool_standard_error',
    met: IMPORT,
  },
  {
    code: 'dataset-does-not-open',
    pattern: /cannot (?:mount|open) '[^']{0,255}': (?:Input\/output|I\/O) error|failed to (?:own|hold) dataset '/i,
    says: 'the pool itself loads, and the root block of this dataset, or what stands below it, does not read',
    todo: 'import read-only and copy the other datasets out first. zfs-uber datasets shows what the pool has at a txg, and verify --txg T what fails of it',
    source: 'lib/libzfs/libzfs_util.c, zfs_standard_error',
    met: null,
  },
  {
    code: 'intent-log-not-opened',
    pattern: /can't open objset (?:for )?\d/i,
    says: 'while it looks for intent logs, the import meets a dataset that does not open: what was written to it synchronously in the last seconds is not replayed. The import goes on',
    todo: 'the number is the object of the dataset: zfs-uber verify --txg T says what of it fails. Another message says why an import failed',
    source: 'module/zfs/zil.c, zil_check_log_chain, zil_claim',
    met: null,
  },
  {
    code: 'boot-loader-error',
    pattern: /ZFS: i\/o error - all block copies unavailable|ZFS: can't (?:read MOS|find (?:root )?pool|open)/i,
    says: 'the boot loader of FreeBSD, which reads the pool by itself, found no copy of a block that reads. It sees only the disks, and as much of each, as the firmware shows it, so that a sound pool may look so',
    todo: 'boot from another medium and scan the disks',
    source: 'stand/libsa/zfs/zfsimpl.c of FreeBSD, zio_read',
    met: IMPORT,
  },
  // Of `zpool import` without a name, and of `zpool status`.
  {
    code: 'listed-missing-devices',
    pattern: /devices are missing from the system|due to missing or damaged devices/i,
    says: 'the labels that were found name devices that were not found',
    todo: 'look for them (cables, paths, -d); scan names them by path and guid and says whether the redundancy does without',
    source: LISTED,
    met: finding('device-missing', 'log-missing'),
  },
  {
    code: 'listed-corrupt-metadata',
    pattern: /\bmetadata is (?:incomplete or )?corrupted|pool data is corrupted|ZFS-8000-72/i,
    says: 'the newest txg does not load: a block of the pool-wide metadata fails on every copy',
    todo: SCAN,
    source: STATUS,
    met: IMPORT,
  },
  {
    code: 'listed-corrupt-data',
    pattern: /ZFS-8000-8A|error resulting in data\s{1,8}corruption|permanent errors have been detected/i,
    says: 'blocks of files fail on every copy. The pool works; these files have holes',
    todo: 'zpool status -v names them. zfs-uber verify --txg T names those of another txg; an older txg may still have them whole',
    source: STATUS,
    met: null,
  },
  {
    code: 'listed-corrupt-device',
    pattern:
      /devices contains corrupted data|ZFS-8000-(?:4J|5E)|label is missing\s{1,8}or\s{1,8}invalid|could not be used because the label/i,
    says: 'a device was found, and its label does not verify or says that it is something else',
    todo: 'zfs-uber labels shows all four labels of a device and where they differ; do not replace it while the pool lacks others',
    source: STATUS,
    met: finding('label-lost', 'labels-disagree', 'label-impossible'),
  },
  {
    code: 'listed-guid-sum',
    pattern: /ZFS-8000-6X|guid sum doesn't match|bad guid sum/i,
    says: "the guids of the devices do not sum up to what the uberblock says: a device belongs to another state of the pool's config",
    todo: 'scan: its finding guid-sum-mismatch says which vdev explains the difference',
    source: 'module/zfs/spa.c, spa_ld_trusted_config',
    met: { by: 'reason', codes: ['guid-sum-differs'] },
  },
  {
    code: 'listed-device-missing-healthy',
    pattern: /ZFS-8000-2Q|could not be opened\.\s{1,8}Sufficient replicas/i,
    says: 'a device is absent and the redundancy does without it',
    todo: 'bring it back and zpool online it; until then there is less redundancy or none',
    source: STATUS,
    met: finding('device-missing'),
  },
  {
    code: 'listed-device-missing-fatal',
    pattern: /ZFS-8000-3C|could not be opened\.\s{1,8}There are insufficient/i,
    says: 'devices are absent that the pool cannot do without',
    todo: 'find them, or images of them, and give them to one scan',
    source: STATUS,
    met: { by: 'reason', codes: ['top-closed', 'config-top-closed'] },
  },
  {
    code: 'listed-unrecoverable-error',
    pattern: /ZFS-8000-9P|experienced an unrecoverable error/i,
    says: 'a device gave read errors or wrong bytes; redundancy supplied what was asked for, and no data is lost',
    todo: 'look at SMART and cables; zpool scrub, then zpool clear or replace. Not a case for a rewind',
    source: STATUS,
    met: null,
  },
  {
    code: 'listed-cache-file',
    pattern: /ZFS-8000-14|invalid or missing cache file/i,
    says: 'the cache file of pools cannot be read. The pools are not harmed',
    todo: 'import by devices: zpool import -d /dev/disk/by-id',
    source: 'lib/libzfs/libzfs_status.c',
    met: null,
  },
  {
    code: 'listed-newer-version',
    pattern: /ZFS-8000-A5/i,
    says: 'the pool was upgraded by a newer system',
    todo: 'import it with that, or a newer OpenZFS',
    source: 'lib/libzfs/libzfs_status.c',
    met: { by: 'reason', codes: ['version-unknown', 'stored-version-unknown', 'features-unknown'] },
  },
  {
    code: 'listed-hostid',
    pattern: /ZFS-8000-EY/i,
    says: 'the hostid of the labels and that of this system differ, or multihost wants one and there is none',
    todo: 'make sure that no other system uses the pool, then import with -f; zgenhostid where there is none',
    source: 'module/zfs/spa.c, spa_verify_host',
    met: null,
  },
  {
    code: 'listed-suspended',
    pattern:
      /ZFS-8000-(?:HC|JQ)|has encountered an uncorrectable I\/O\s{1,8}failure|are faulted in response to IO failures|pool I\/O is currently suspended/i,
    says: 'the pool is imported, and writes or reads of it failed on so many devices that it was halted. What programs wrote since is in memory only',
    todo: 'bring the devices back first, then zpool clear; a reboot gives up what was not written. Nothing to rewind while it is imported',
    source: 'module/zfs/zio.c, zio_suspend',
    met: null,
  },
  {
    code: 'listed-suspended-multihost',
    pattern: /ZFS-8000-MM|MMP writes to pool .{0,255} have not succeeded/i,
    says: 'the heartbeats of multihost could not be written in time, and the pool was halted so that another host may take it over',
    todo: 'make sure that no other host has it; bring the devices back and reboot: zpool clear may refuse to go on with a pool halted so',
    source: 'module/zfs/mmp.c, mmp_thread',
    met: finding('multihost'),
  },
  {
    code: 'listed-intent-log',
    pattern: /ZFS-8000-K4|intent log record (?:cannot|could not) be read|bad intent log/i,
    says: 'a record of the intent log does not read: synchronous writes of the last seconds are lost, or are on a log device that is not here',
    todo: 'bring the log device back; otherwise zpool clear gives them up, or import -m',
    source: STATUS,
    met: step('spa_ld_verify_logs'),
  },
  {
    code: 'listed-errata',
    pattern: /ZFS-8000-ER|Errata #\d{1,3} detected/i,
    says: 'the pool was written by an OpenZFS with a known fault of the on-disk format',
    todo: 'follow what the number says; it does not keep the pool from being read',
    source: STATUS,
    met: null,
  },
  {
    code: 'listed-faulted',
    pattern: /faulted in response to persistent errors|devices are faulted|too many errors/i,
    says: 'devices were given up after repeated errors, and their labels remember it',
    todo: 'where the redundancy does without, replace them; otherwise scan says what the labels keep closed and what opens it',
    source: STATUS,
    met: finding('device-faulted'),
  },
  {
    code: 'listed-offlined',
    pattern: /devices are offlined|taken offline by the administrator|all children offline/i,
    says: 'a device was taken offline, and stays so over an import',
    todo: 'zpool online it once the pool is imported; scan tells of legs that went their own way since',
    source: STATUS,
    met: finding('device-offline', 'offline-leg'),
  },
  {
    code: 'listed-resilvering',
    pattern: /being resilvered/i,
    says: 'a device is being filled from the others, and goes on after a read-write import',
    todo: 'copy a device that may be needed before; a read-only import leaves it',
    source: STATUS,
    met: finding('leg-stale'),
  },
  {
    code: 'listed-features-off',
    pattern: /features are not enabled on the pool|legacy on-disk (?:version|format)/i,
    says: 'the pool could be upgraded. Nothing is wrong',
    todo: 'do not upgrade a pool that is being rescued',
    source: STATUS,
    met: null,
  },
  // Panics, and what comes with them.
  {
    code: 'panic-segment-overlaps',
    pattern: /adding (?:existent )?segment.{0,200}|segment already in tree|double add in segment/i,
    says: 'a space map frees what is free already, or allocates what is allocated: two states of the pool were mixed, by an earlier rewind, memory that flipped, or a pool imported twice',
    todo: NO_WRITE,
    source: RANGES,
    met: { by: 'reason', codes: ['space-contradicts'] },
  },
  {
    code: 'panic-segment-missing',
    pattern:
      /removing nonexistent segment|freeing free segment|not completely overlapped|freeing partial segment|double remove in segment/i,
    says: 'a space map allocates or frees a range that it does not have: space is used twice, or was freed twice',
    todo: NO_WRITE,
    source: RANGES,
    met: { by: 'reason', codes: ['space-contradicts'] },
  },
  {
    code: 'panic-bad-dva',
    pattern: /metaslab_free_dva\(\): bad DVA|bad DVA|DVA \d has invalid (?:VDEV|OFFSET)|invalid DVA/i,
    says: 'a block pointer leads outside of the pool: its checksum holds, so it was written so, by bad memory or by a bug, or it is of a config with other vdevs',
    todo: 'import read-only; scan says which txg has sound pointers (its reason is nonsense or block-lost)',
    source: 'module/zfs/zio.c, zfs_blkptr_verify',
    met: { by: 'reason', codes: ['nonsense', 'block-lost'] },
  },
  {
    code: 'panic-bad-blkptr',
    pattern: /blkptr at \S{1,40}.{0,40} (?:has|DVA) .{0,20}invalid|bad blkptr at/i,
    says: 'a block pointer makes no sense: its type, checksum, compression, size or birth is none that there is',
    todo: 'import read-only; older releases crash at it (see the hazards of scan), newer ones give an error',
    source: 'module/zfs/zio.c, zfs_blkptr_verify',
    met: { by: 'reason', codes: ['nonsense', 'block-lost'] },
  },
  {
    code: 'panic-deadlist',
    pattern:
      /dsl_deadlist.{0,80}|error \d{1,4} from (?:bpobj_iterate|traverse_dataset_destroyed)|DMU_POOL_DELETED_CLONES/i,
    says: 'a list of blocks to be freed does not read. Freeing goes on after each import, so each one that writes comes here again',
    todo: 'import read-only, which frees nothing; scan says which older txg has the list whole',
    source: 'module/zfs/dsl_scan.c, dsl_deadlist.c',
    met: PANIC,
  },
  {
    code: 'panic-past-end',
    pattern: /accessing past end of object/i,
    says: 'OpenZFS was about to read or write beyond the end of an object: a bug, or an object whose size was damaged with its checksum sound',
    todo: 'note the object and report it; import read-only',
    source: 'module/zfs/dmu.c, dmu_buf_hold_array_by_dnode',
    met: null,
  },
  {
    code: 'panic-verify-indirect',
    pattern:
      /vdev_indirect.{0,60}(?:VERIFY|ASSERT|PANIC)|(?:VERIFY|ASSERT).{0,120}(?:vdev_indirect|vim_|vdev_indirect_mapping)/i,
    says: 'the mapping of a removed vdev does not read, and OpenZFS takes for granted that it does',
    todo: 'do not import that txg; scan marks it with a hazard and names others',
    source: 'module/zfs/vdev_indirect.c',
    met: PANIC,
  },
  {
    code: 'panic-brt',
    pattern: /(?:VERIFY|ASSERT|PANIC).{0,160}\bbrt/i,
    says: 'the table of cloned blocks does not read, or was freed and looked at again',
    todo: 'do not import that txg again: releases 2.3.0 to 2.4.4 crash or hang here. scan names txgs without the hazard',
    source: 'module/zfs/brt.c',
    met: PANIC,
  },
  {
    code: 'panic-ddt',
    pattern: /(?:VERIFY|ASSERT|PANIC).{0,160}\bddt[_.]|ddt_load failed/i,
    says: 'a table of dedup, or what counts its entries, does not read or contradicts itself',
    todo: 'import read-only; scan says which txg loads it',
    source: 'module/zfs/ddt.c',
    met: step('spa_ld_load_dedup_tables'),
  },
  {
    code: 'panic-space-map',
    pattern: /(?:VERIFY|ASSERT|PANIC).{0,160}(?:space_map|metaslab|range_tree|zfs_btree|ms_)/i,
    says: 'the accounts of free space contradict themselves when a metaslab is loaded or written',
    todo: NO_WRITE,
    source: 'module/zfs/metaslab.c, space_map.c',
    met: { by: 'reason', codes: ['space-contradicts'] },
  },
  {
    code: 'panic-assertion',
    pattern: /VERIFY\d?[SUPFB]{0,2}\(.{0,400}failed|ASSERT\d?\w{0,10}\(.{0,400}failed|PANIC at \S{1,80}:\d{1,6}:/i,
    says: 'OpenZFS met what it takes for impossible and stopped a thread. What that thread holds stays held: zpool and zfs commands wait until the next boot',
    todo: 'note the whole text with the file and line, reboot without importing (zpool cachefile), scan the devices, and import read-only a txg without a hazard',
    source: 'include/os/linux/spl/sys/debug.h',
    met: PANIC,
  },
  {
    code: 'kernel-fault',
    pattern:
      /\bBUG: (?:kernel NULL pointer|unable to handle)|general protection fault|\bOops: |\bRIP: [\da-f]{4}:\S{1,80} \[zfs\]|Fatal trap \d{1,3}:/i,
    says: 'the kernel itself met an address that is none. Where zfs stands in the trace below it, something damaged was taken for sound; what the thread held stays held until the next boot',
    todo: 'note the whole trace, reboot without importing (zpool cachefile), scan the devices, and import read-only a txg without a hazard',
    source: 'the kernel, not OpenZFS',
    met: PANIC,
  },
  {
    code: 'hung-task',
    pattern:
      /task (?:txg_sync|zpool|z_\w{1,20}|spa_\w{1,20}|txg_quiesce)\S{0,20} blocked for more than \d{1,6} seconds|slow spa_sync: started/i,
    says: 'a thread of ZFS waits for the disks, or for a thread that stopped in a panic before',
    todo: 'look above it in the log for the first panic or read error: that is the cause. Nothing can be done but reboot',
    source: 'module/zfs/spa_misc.c, spa_deadman',
    met: { by: 'hazard', kind: 'hang' },
  },
  {
    code: 'deadman',
    pattern: /\bdeadman\b|hung I\/O|zio_deadman/i,
    says: 'a read or write has not come back in the time that OpenZFS waits for it',
    todo: 'a disk or its cable is failing: copy it with ddrescue, scan and import the copy',
    source: 'module/zfs/zio.c, zio_deadman_impl',
    met: finding('device-vanished', 'read-failed'),
  },
  // Of the log of a load: /proc/spl/kstat/zfs/dbgmsg, or zdb.
  {
    code: 'load-no-uberblock',
    pattern: /no valid uberblock found/i,
    says: 'no uberblock in the rings verifies and is old enough for the txg that was asked for',
    todo: 'scan shows every slot of every ring and what is wrong with it',
    source: 'module/zfs/spa.c, spa_ld_select_uberblock',
    met: step('spa_ld_select_uberblock'),
  },
  {
    code: 'load-root-block',
    pattern: /unable to open rootbp/i,
    says: 'the root block that the uberblock points to does not read: that txg never reached the disks whole, or was overwritten since',
    todo: SCAN,
    source: 'module/zfs/spa.c, spa_ld_open_rootbp',
    met: step('spa_ld_open_rootbp'),
  },
  {
    code: 'load-config',
    pattern:
      /unable to retrieve MOS config|spa_config_parse failed|label config unavailable|unable to parse config|invalid (?:config provided|label): '/i,
    says: "the pool's config, from the labels or from the meta-object set, does not read or lacks something",
    todo: SCAN,
    source: 'module/zfs/spa.c, spa_ld_trusted_config',
    met: step('spa_ld_open_vdevs', 'spa_ld_trusted_config'),
  },
  {
    code: 'load-vdev-tree',
    pattern:
      /unable to open vdev tree|cannot open vdev tree|vdev_validate failed|vdev_validate: |couldn't be opened|failed to open missing/i,
    says: 'a device cannot be opened, or its label is not that of the vdev whose place it has',
    todo: 'zfs-uber labels shows what each device says it is; scan which of them the pool lacks',
    source: 'module/zfs/spa.c, spa_ld_open_vdevs; vdev.c, vdev_validate',
    met: step('spa_ld_open_vdevs', 'spa_ld_trusted_config'),
  },
  {
    code: 'load-removal',
    pattern: /spa_(?:remove|condense)_init failed|indirect mapping/i,
    says: 'what is kept of removed vdevs, or of a removal under way, does not read',
    todo: SCAN,
    source: 'module/zfs/spa.c, spa_ld_open_indirect_vdev_metadata',
    met: step('spa_ld_open_indirect_vdev_metadata'),
  },
  {
    code: 'load-directories',
    pattern:
      /dsl_pool_open failed|couldn't get '[^']{0,80}' value in MOS directory|checksum salt|deferred-frees bpobj/i,
    says: 'one of the datasets or objects that the pool keeps for itself does not read',
    todo: SCAN,
    source: 'module/zfs/spa.c, spa_ld_load_special_directories',
    met: step('spa_ld_load_special_directories', 'spa_ld_get_props', 'spa_ld_open_rootbp'),
  },
  {
    code: 'load-aux-vdevs',
    pattern: /error loading (?:spares|l2cache) nvlist/i,
    says: 'the list of hot spares or of cache devices does not read. Their content does not matter, and yet the pool does not load without it',
    todo: SCAN,
    source: 'module/zfs/spa.c, spa_ld_open_aux_vdevs',
    met: step('spa_ld_open_aux_vdevs'),
  },
  {
    code: 'load-vdev-metadata',
    pattern: /vdev_load failed|vdev_load: |metaslab_init failed|unable to read the metaslab array/i,
    says: 'the list of metaslabs or another account of a vdev does not read',
    todo: SCAN,
    source: 'module/zfs/vdev.c, vdev_load',
    met: step('vdev_load'),
  },
  {
    code: 'load-log-space-maps',
    pattern: /spa_ld_log_spacemaps failed|log spacemap/i,
    says: 'a log of changes to space maps does not read. A read-only import reads less of it',
    todo: 'import read-only; scan says where also a read-write one works',
    source: 'module/zfs/spa_log_spacemap.c',
    met: step('spa_ld_log_spacemaps'),
  },
  {
    code: 'load-clones',
    pattern: /brt_load failed/i,
    says: 'the table of cloned blocks does not read',
    todo: 'do not try again with the same txg: releases 2.3.0 to 2.4.4 may crash at the next attempt. scan marks the txgs',
    source: 'module/zfs/brt.c, brt_load',
    met: step('spa_ld_load_brt'),
  },
  {
    code: 'load-logs',
    pattern: /spa_check_logs failed|some log devices are missing|ZFS read log block error/i,
    says: 'intent logs cannot be read, or the device that they are on is not there',
    todo: 'bring the log device back, import with -m, or read-only, which looks at none',
    source: 'module/zfs/spa.c, spa_ld_verify_logs',
    met: step('spa_ld_verify_logs'),
  },
  {
    code: 'load-verify',
    pattern: /spa_load_verify(?: failed|: )|spa_load_verify found|verify(?:_ok)? .{0,40}metadata errors/i,
    says: 'the look at all metadata, with which a rewind ends, found blocks that fail',
    todo: 'scan says for each txg how many, and verify --txg T which, and what they belong to',
    source: 'module/zfs/spa.c, spa_load_verify',
    met: step('spa_load_verify'),
  },
  {
    code: 'load-host',
    pattern: /hostid verification failed/i,
    says: 'the pool was last written by a system with another hostid',
    todo: 'make sure that it does not use it now, then import with -f',
    source: 'module/zfs/spa.c, spa_verify_host',
    met: null,
  },
  {
    code: 'load-loaded',
    pattern: /spa_load\(.{0,300}\): LOADED|spa_tryimport.{0,200}|using uberblock with txg=\d{1,20}/i,
    says: 'the load of that txg succeeded, or says which uberblock it takes',
    todo: 'compare the number with what scan recommends: a plain import takes the newest that loads, not the one that was meant',
    source: LOAD,
    met: null,
  },
  {
    code: 'load-failed',
    pattern: /spa_load\(.{0,300}\): FAILED/i,
    says: 'a step of the load ended the import; the words behind it say which',
    todo: SCAN,
    source: 'module/zfs/spa_misc.c, spa_load_failed',
    met: IMPORT,
  },
  // Of the devices.
  {
    code: 'device-io-error',
    pattern:
      /zio pool=\S{1,255} vdev=\S{1,255} error=\d{1,4}|(?:blk_update_request|critical medium error|I\/O error, dev|Buffer I\/O error on dev|Medium Error|Unrecovered read error)/i,
    says: 'a disk did not give what was asked for',
    todo: 'copy it with ddrescue to a sound one before anything else, scan and import the copy',
    source: 'module/os/linux/zfs/vdev_disk.c, vdev_disk_error',
    met: finding('read-failed', 'device-vanished', 'better-after-copy'),
  },
  {
    code: 'device-probe-failed',
    pattern: /failed probe|probe done, cant_read/i,
    says: 'a device was asked for its labels after an error, and did not give or take them',
    todo: 'see to cable, port and power, or copy the device',
    source: 'module/zfs/vdev.c, vdev_probe_done',
    met: finding('read-failed', 'device-vanished', 'ring-unreadable'),
  },
  {
    code: 'device-not-a-block-device',
    pattern: /Block device required|is not a (?:valid )?block device|open error=\d{1,4}/i,
    says: 'what was a disk is opened as a block device only: an image of it needs a loop device',
    todo: 'use the lines that scan prints: they show images so that zpool takes them',
    source: 'module/os/linux/zfs/vdev_disk.c, vdev_disk_open',
    met: null,
  },
  {
    code: 'pool-unavailable',
    pattern:
      /\b(?:state|health): (?:UNAVAIL|FAULTED)\b|pool is (?:unavailable|in an unavailable state)|due to damaged devices or data/i,
    says: 'as the devices are, the newest txg does not import',
    todo: SCAN,
    source: LISTED,
    met: IMPORT,
  },
  {
    code: 'module-missing',
    pattern: /ZFS modules (?:are not|cannot be) loaded|modprobe: FATAL: Module zfs|Failed to initialize the libzfs/i,
    says: 'the kernel module of OpenZFS is not loaded, or does not fit the kernel',
    todo: 'modprobe zfs; after an update of the kernel reboot or build the module anew. The pool is not concerned',
    source: 'lib/libzfs/libzfs_util.c, libzfs_error_init',
    met: null,
  },
  {
    code: 'dataset-key',
    pattern: /encryption key not (?:available|loaded)|Key load error|Incorrect key provided/i,
    says: 'a dataset is encrypted and its key is not loaded. The pool is not damaged',
    todo: 'zfs load-key; without the key zfs send -w copies it as it is',
    source: 'lib/libzfs/libzfs_crypto.c',
    met: null,
  },
];

/** Numbers of errors in the log of a load, on Linux. Source: include/os/linux/spl/sys/errno.h, errno(3) */
export const ERROR_NUMBERS: Readonly<Record<number, string>> = {
  1: 'not permitted (EPERM)',
  2: 'not there (ENOENT)',
  5: 'read error, or no copy reads (EIO)',
  6: 'a device is missing (ENXIO)',
  12: 'out of memory (ENOMEM)',
  16: 'busy (EBUSY)',
  17: 'exists already (EEXIST)',
  19: 'no such device (ENODEV)',
  22: 'makes no sense (EINVAL)',
  28: 'no space (ENOSPC)',
  30: 'read-only (EROFS)',
  34: 'too large (ERANGE)',
  52: 'a checksum fails (ECKSUM, EBADE)',
  75: 'a number does not fit (EOVERFLOW)',
  95: 'not supported: an unknown version or feature (ENOTSUP)',
  121: 'in use by another host (EREMOTEIO)',
};
