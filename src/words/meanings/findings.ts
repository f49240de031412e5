import type { FindingCode } from '../../rewind/findings/codes.ts';

/** What goes for every finding of a code, as a line of Markdown each, with links as from the folder `docs`. */
export interface FindingMeaning {
  readonly says: string;
  readonly todo: string;
}

/**
 * What a code means and what to do about it, in the order of docs/findings.md, which `npm run docs` makes of it. What one
 * finding says is made in words/findings; no command that reads a pool needs these.
 */
export const FINDING_MEANINGS: Readonly<Record<FindingCode, FindingMeaning>> = {
  'device-vanished': {
    says: 'a device stopped answering while it was read: what was asked of it after that is not known. Every txg that it might make whole is `unverified`, what is older than the first such is not judged, and nothing is recommended; warning where the others supply all. Also a device that went away before it was known whose it is, for a pool that lacks one',
    todo: 'make it answer (cable, port, power), or copy it with `ddrescue`, and scan again; import nothing before',
  },
  'never-read': {
    says: 'places that were needed are not in the image that was given: its parent or a segment is missing, whoever made it could not read them (error sections of E01, map of ddrescue), or the image itself is damaged there. They are neither zeros nor damage of the pool; error where txgs fail for nothing else',
    todo: 'give what is missing, and scan again',
  },
  'read-failed': {
    says: 'places of a device that gave a read error and were needed; error where txgs fail for nothing else: OpenZFS fails on them too, but what stands there may be whole, and no flush is blamed. Warning where copies, mirrors or parity supply it',
    todo: 'copy the device with `ddrescue` to a sound one, scan and import the copy; where the copy has zeros instead, the verdicts stay',
  },
  'not-in-bundle': {
    says: 'places that were needed and that the [bundle](bundle.md) standing for a device has not, or not undamaged; error where a txg is `unverified`, warning where the rest supplied all',
    todo: 'scan the device itself, or make the bundle anew with this version',
  },
  'better-after-copy': {
    says: 'one label of a device gives a read error, for which `zpool import` passes the whole device over; the txg that is best from a copy of it, with zeros where nothing is recovered',
    todo: 'copy the device (`ddrescue`), unplug the original, import from the copy',
  },
  'uberblock-ahead-of-metadata': {
    says: 'the newest k uberblocks are sound, and what they point to is not on the disks',
    todo: 'rewind to the candidate recommended; find the cache, card or hypervisor that acknowledged flushes it did not do. Said only when nothing that leaves a sign explains it, see [below](#why-the-newest-uberblocks-fail)',
  },
  'newest-elsewhere': {
    says: 'what the newest k uberblocks point to was written after all that the devices at hand have of a top-level vdev: on devices that are missing, or of which an older copy was given',
    todo: 'find those devices, or a newer copy, before anything is rewound',
  },
  'content-older-than-rings': {
    says: 'metadata of the newest k uberblocks is not there, over more than 30 minutes of writing, which no cache holds back',
    todo: 'look for what put older content back: a snapshot, a restore of a part, something that wrote to the device',
  },
  'overwritten-by-pool': {
    says: 'another pool lies in the same bytes of the same file or disk and was written later: which, where, until when; warning where the newest txg imports all the same',
    todo: 'decide which of the two is wanted before anything is written; the earlier one is whole in images from before that alone',
  },
  'metadata-damaged': {
    says: 'the newest three or more uberblocks all fail at one and the same block: it went bad or was overwritten; a lost flush leaves different blocks unwritten in each txg',
    todo: 'rewind to the candidate recommended; look for a copy of the block on a device that is not there',
  },
  'plain-import-passes': {
    says: 'the newest txg fails with `-T`, which verifies the whole pool, but all that is damaged is older than what a plain import verifies',
    todo: 'decide between the candidate recommended (whole, older) and a plain read-only import (newest, with the damage); read-write it may hang until the next boot',
  },
  'plain-import-panics': {
    says: 'a plain import would crash the machine: it looks at less than one with `-T` and so comes further, or the older txgs that it tries after the newest are its end, with `-F` and without ([hazards](hazards.md))',
    todo: 'do not import without `-T`; go to the candidate recommended',
  },
  'plain-import-hangs': {
    says: 'the newest txg fails, and a plain import goes on to an older one whose load never ends',
    todo: 'the same',
  },
  'history-diverged': {
    says: 'devices hold different uberblocks for the same txg: the last txg they share, the newest of each branch, and the datasets and snapshots that only it has',
    todo: "decide which branch to keep; the commands name its devices only, and those of the alternative the other's",
  },
  'device-missing': {
    says: 'leaves or a whole top-level vdev that no source is: guid, type, last path; warning where redundancy does without. Where the devices at hand of a top-level vdev all stopped before the pool did, says which txg they stopped at: only the missing one can have the rest',
    todo: 'find it by guid (`zfs-uber labels` shows those of a disk); an error means no import until it is back',
  },
  'log-missing': {
    says: 'a log device is missing; without a label of it, taken from the meta-object set, else guessed because no root block ever lies there',
    todo: '`-m`, which the commands carry; the last synchronous writes are lost',
  },
  'top-level-unknown': {
    says: 'nothing stands at a top-level id of a pool that had devices removed: the labels do not tell a removed vdev from a missing one',
    todo: 'nothing, if devices were removed on purpose',
  },
  'device-offline': {
    says: 'a leaf that was taken offline, which the labels keep: an import leaves it closed, found or not; error where no redundancy does without',
    todo: 'bring it back with `zpool online` after a read-write import; where nothing imports: [ways out](ways-out.md)',
  },
  'device-faulted': {
    says: 'a leaf that `zpool offline -f` faulted (label: `aux_state` external, with `faulted` or, for the only copy, `degraded`): every import leaves it closed, at older txgs too, because the newest label says so; error where no redundancy does without',
    todo: '`zpool clear` after a read-write import; where nothing imports: [ways out](ways-out.md)',
  },
  'device-truncated': {
    says: 'the source is shorter than the leaf has to be, or than the 64 MiB that OpenZFS opens at all; warning where redundancy does without',
    todo: 'copy the image again, whole; check the size of the partition',
  },
  'device-shifted': {
    says: 'labels, or uberblocks, verify for a vdev that begins at another byte than its source, partition or slice, or that ends before it; where it begins, which labels stand where, by how much, the likely cause; warning where redundancy does without. When labels are missing at their places for that start, it may be an image stored inside another pool, and is said to be so',
    todo: 'as root the first of the printed steps (in the document `steps`), which shows the vdev read-only at its place, or makes a file of what was one. The commands and verdicts are for then: zpool does not see it as it is. A partition table is repaired on a copy',
  },
  'partition-hidden': {
    says: 'Linux makes no device of the partition that holds the vdev: which rule its table breaks (boot record, protective entry, header and entry CRC-32, usable sectors, sector size, another table that counts), where the partition begins, how long it is; warning where redundancy does without',
    todo: 'as root the first of the printed steps, which shows it read-only; the commands and verdicts are for then. A table is repaired on a copy. Rules and what was tried: [partition tables](partitions.md)',
  },
  'labels-from-root': {
    says: 'the source was named with `?root=BYTE`: no label of it is on the device, all four were made of the meta-object set at that byte; when it was written, and what was written after it, nothing tells: its time is 0 in the document',
    todo: 'the printed line makes an overlay with these labels, which a plain import takes; no other command of `zpool` sees the pool. [Carving](carve.md)',
  },
  'image-not-shown': {
    says: 'the disk lies in an image that qemu-nbd does not open, or shows without its parent: a differencing VDI, VHD or VHDX, a VHDX with a log that was not replayed, or an image of which a file is missing; no command of `zpool` is given, for nothing shows it the disk',
    todo: 'the printed line makes a copy of the disk from which a plain import loads the txg; where a file is missing, give that first. [Disk images](images.md)',
  },
  'image-of-two-times': {
    says: 'labels 0 and 1 of a device end at another txg than labels 2 and 3: two uberblocks or more are at one end alone; error when the newest is one of them and fails',
    todo: 'copy the device again, whole, while nothing writes to it',
  },
  'foreign-signature': {
    says: 'the device carries the signature of an array, a volume, a container or a file system: which, at which byte (as `wipefs` counts), how it lies to the vdev and its labels, what it does at boot, whether udev and `zpool import` without `-d` still see the vdev; info on a source that shows nothing of ZFS',
    todo: 'the lines beside it: what lists who holds the device, what lists the signature and takes it off a copy; where the vdev may lie inside, what opens it. [Which are known](partitions.md#foreign-signatures)',
  },
  'container-not-opened': {
    says: 'of a source without a trace of ZFS: it is a LUKS, GELI, BitLocker, md, LVM, bcache, DRBD... container (`scan` alone; the exit status stays 1)',
    todo: 'open it by the lines beside it, which write to nothing but a copy, and scan the device that appears',
  },
  'leg-stale': {
    says: 'a device stopped at an older txg than its siblings: how many uberblocks and how long',
    todo: 'let it resilver after the import; if it carries something newer that is lost elsewhere, keep a copy',
  },
  'detached-device': {
    says: 'nothing imports, and a device that was detached, replaced or removed (labels of txg 0) keeps an uberblock of that moment: its txg and time, and whether that state imports once the labels are repaired',
    todo: 'the steps of the way out: `zhack label repair -u` on a copy, then import read-only; with other devices of the pool found, scan again first',
  },
  'offline-leg': {
    says: 'nothing imports with all devices, and a leg that was taken offline, which an import leaves closed, opens a txg when it is given without its siblings; beside a recommendation it is one of its alternatives, where it leads to a newer txg',
    todo: 'import read-only with the devices named and no others',
  },
  'abandoned-timeline': {
    says: 'uberblocks newer than the live branch remain from before a rewind: their txgs, and where the pool went on; info once it has passed them, so that an import takes its newest. Told from a clock that was set back by the txgs in which labels and configs were written, which tell it too where all was within a second',
    todo: 'decide which of the two is wanted: a plain import takes the highest txg, the abandoned state; the newest after the rewind is one of the alternatives. After an import at that one, write past the others before exporting',
  },
  'clock-anomaly': {
    says: 'timestamps go back while txgs go up',
    todo: 'do not go by the times in the table; the order of txgs is right',
  },
  multihost: {
    says: 'multihost is on, the host that had the pool, its last heartbeat; info once exported. An error with `--watch`: the newest uberblock changed while it was watched: another host uses the pool',
    todo: 'make sure that no host has the pool imported: an import with `-T` does not notice one. From OpenZFS 2.3.6 and 2.4.1 on a read-only import without `-T` always fails, a read-write one is refused where a leg is missing, and `-F` goes on to no older txg then (`values.claim`): `-F -T` works. With the error: do not import it read-write; export it on that host first',
  },
  'trim-hazard': {
    says: 'autotrim is on, or a trim or initialize was under way, at the recommended txg: once written to, the pool discards or overwrites what other txgs need; info where no rewind is needed',
    todo: 'import read-only, or write to an overlay',
  },
  'raidz-expansion': {
    says: 'a raidz vdev was or is being expanded; which candidates OpenZFS refuses for it; warning while it runs',
    todo: 'choose a candidate on the near side; a read-write import goes on with the expansion',
  },
  'label-lost': {
    says: 'labels that are empty, unreadable, malformed or fail their checksum; error when none of four is left, or one gives a read error, for which `zpool import` passes the whole device over',
    todo: 'nothing while one is left: OpenZFS rewrites the others; with none, `zhack label repair -c` on a copy; with a read error, import from a copy (`ddrescue` writes zeros where it cannot read)',
  },
  'label-impossible': {
    says: 'a label whose checksum holds says what no ZFS writes, such as an ashift of 255',
    todo: 'do not import it anywhere that matters: the label was altered',
  },
  'large-label': {
    says: 'labels of devices, or the meta-object set of txgs, need `com.klarasystems:large_label`: a larger form of label that is still in the making ([pull request 17573](https://github.com/openzfs/zfs/pull/17573)) and which neither this program nor a release of OpenZFS up to 2.4.4 knows. What is told comes from what stays of the old labels',
    todo: 'the OpenZFS that made the pool, read-only first; `overlay` makes none',
  },
  'labels-disagree': {
    says: 'the labels of one device, or those of devices of one top-level vdev, differ',
    todo: 'compare with `zfs-uber labels`; the newest was followed, as an import does',
  },
  'place-claimed-twice': {
    says: 'labels of two ages put different vdevs at one place among the top-level vdevs, as where a disk became a mirror and its label was not rewritten: `zpool import` takes the one that it comes to last, not the newer, and then looks for the devices of the other where the pool itself says that they lie',
    todo: 'leave the devices with the older labels out of the command where the pool is whole without them. With overlays, take care that no device lies at the path that is named: it would be opened itself',
  },
  'device-other-name': {
    says: 'devices whose labels call the pool by another name, as from before it was renamed: `zpool import NAME` leaves them out; warning when a top-level vdev does not open without them',
    todo: 'import by guid, as the commands do',
  },
  'label-newer-than-uberblock': {
    says: 'candidates older than the label text, which a plain import and `-F` refuse; warning when no uberblock is as new as the label',
    todo: 'use `-T`, as the commands do',
  },
  'devices-changed': {
    says: 'devices that came or went, or a new pool guid, between two txgs of the rings, as the meta-object sets on both sides have it',
    todo: 'nothing; an older candidate needs the devices of before',
  },
  'guid-sum-mismatch': {
    says: 'the guids of the known vdevs do not add up to what the newest uberblock says: expected, found, difference, and which known vdevs make up for it; info when a log or a removed vdev, or the meta-object set, explains it',
    todo: 'find the missing devices',
  },
  'uberblock-checksum': {
    says: 'slots with the magic and a wrong checksum, and which of them would be the newest',
    todo: 'nothing: an import ignores them; `zdb -lu` shows them as normal',
  },
  'ring-sector-torn': {
    says: 'slots damaged together with their neighbours in one physical sector, or half overwritten',
    todo: 'check the disk and its power',
  },
  'ring-lost': {
    says: 'the rings of a device hold something, and nowhere an uberblock',
    todo: 'the txgs are on the other devices of the pool, if there are any',
  },
  'ring-unreadable': {
    says: 'slots that gave a read error',
    todo: 'copy the disk with a tool that retries, then scan the copy',
  },
  'foreign-pool': {
    says: 'labels or uberblocks of another pool on the same device: whose, until when it was written, which of the two was there later; none of its uberblocks is a candidate. Error where they are in the way of OpenZFS, which does not tell them apart: it goes by the newest label of a device, and without `-T` by the newest uberblock',
    todo: 'where the vdev ends before the device: show zpool the vdev alone, by the lines beside it (a copy cut by `truncate`, `losetup --sizelimit`); `cut` in the document has the bytes and the txg that imports then. If that other pool is the one wanted, carve the source',
  },
  'former-member': {
    says: 'a device with labels of the pool that is no longer part of it: detached, replaced, removed; or whose labels have txg 0, for which `zpool import` passes it over whatever it holds',
    todo: 'nothing; it may hold an old state of the pool',
  },
  'duplicate-device': {
    says: 'two sources say they are the same leaf: which is the older copy of which, up to which txg each goes, which txgs only the older one has. The commands give the newer one alone',
    todo: 'keep the copy out of sight of `zpool import`, which takes the one it comes to first; scan the copy by itself for the txgs that only it has',
  },
  'device-by-ring': {
    says: 'a device without a label that decodes, assigned to the pool by its uberblocks',
    todo: 'OpenZFS does not use it as it is: repair its labels on a copy',
  },
  'spare-device': {
    says: 'a hot spare that belongs to the pool by the guid sum in its ring',
    todo: 'nothing',
  },
  'cache-device': {
    says: 'a cache that belongs to the pool by the guid sum in its ring',
    todo: 'nothing',
  },
  'pool-exported': {
    says: 'the pool was closed in order, and when',
    todo: 'nothing',
  },
  'pool-destroyed': {
    says: 'the pool was destroyed with `zpool destroy`',
    todo: '`-D`, which the commands carry where zpool asks for it (with devices from before that it may not); do not reuse the disks',
  },
  checkpoint: {
    says: 'the pool keeps a checkpoint: of which txg and time, and which txg has it (warning when it does not import, or when what is stored cannot be one, and why); or it was rewound to one',
    todo: 'the commands of its candidate ([how](checkpoint.md)): all that a checkpoint reaches is kept',
  },
  'old-roots-overwritten': {
    says: 'root blocks of older uberblocks were overwritten by later writes',
    todo: 'nothing: that is how old txgs end',
  },
  'memory-bound': {
    says: 'a [bound](limits.md#walk) of what is remembered was reached: what is beyond was found out again where it was met again. The verdicts are the same, it took longer; of failures beyond 10,000 only the number is known',
    todo: 'nothing; with `--min-txg` fewer txgs are judged in less time',
  },
  'aimed-before': {
    says: 'with `--before`: which record of the history fits, when, by whom, in which txg it took effect, how many candidates are older, or how many are from before the time that was given; error when no record fits (the last ones that took something away are told) or none is older',
    todo: 'no record: look for its text with `zfs-uber history`, or give a time; no candidate: give every device and older image',
  },
  'aimed-needs': {
    says: 'with `--needs`: how many candidates have all of it whole; error when none has, with how many lack what, and where it cannot be told (names in an encrypted dataset need its key)',
    todo: 'ask for less, or for a snapshot: `zfs-uber snapshots --txg T`',
  },
  watched: {
    says: 'with `--watch`: nothing was written in that time',
    todo: 'nothing; a host that hangs writes nothing either',
  },
};
