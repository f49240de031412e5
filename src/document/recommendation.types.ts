import type { Verdict } from '../load/predict.ts';
import type { Caution } from '../rewind/caution.ts';
import type { ChoiceReason, Worth } from '../rewind/choice.ts';
import type { CheckpointEntry } from './candidate.types.ts';
import type { DamagedFile } from './damagedFiles.ts';
import type { CommandsEntry, DataEntry, ShellStepEntry, Values } from './parts.types.ts';

/** Why a txg is recommended, and not a newer one. */
export interface ChoiceReasonEntry {
  /** How it stands among the others. */
  readonly kind: ChoiceReason['kind'];
  /** Of the txg. */
  readonly verdict: Verdict;
  /** How many newer ones there are, by why they were passed over. */
  readonly passedOver: ChoiceReason['passedOver'];
  /** What was asked for; null where nothing was. */
  readonly aim: Values | null;
}

export interface RecommendationEntry extends CommandsEntry {
  /** To go back to. */
  readonly txg: string;
  /** As of the candidate: it is not the uberblock of the rings. */
  readonly checkpoint?: CheckpointEntry;
  /** As of the candidate. */
  readonly lossSeconds: number;
  /** In words: follows the txg. */
  readonly why: string;
  /** The same as data. */
  readonly whyData: ChoiceReasonEntry;
  /** The lines of the step `show-read-only`; absent where there is none. */
  readonly attach?: readonly string[];
  /** All that is to be done, in order; empty where nothing names the pool. */
  readonly steps: readonly ShellStepEntry[];
  /** Other txgs that trade loss against damage. */
  readonly alternatives: readonly {
    /** To go back to instead. */
    readonly txg: string;
    /** In words: follows the txg. */
    readonly why: string;
    /** The same as data, by its `kind`. */
    readonly whyData: DataEntry<Worth['kind']>;
    /** Up to a read-only import; absent where the recommended commands with that txg do. */
    readonly steps?: readonly ShellStepEntry[];
  }[];
  /** What to mind, in words. */
  readonly cautions: readonly string[];
  /**
   * An import of that txg succeeds, and what the pool wrote after `afterTxg` to some of its vdevs is on none of the
   * devices given; where that is not `certain`, missing devices may have gone on without these. Absent for nothing.
   */
  readonly elsewhere?: {
    /** Written after that. */
    readonly afterTxg: string;
    /** Whether it is known to have been written. */
    readonly certain: boolean;
  };
  /** Of those, what comes before any of the steps; absent where nothing does. */
  readonly before?: readonly string[];
  /** The same as data, in the same order, each by its `kind`. */
  readonly cautionData: readonly DataEntry<Caution['kind']>[];
  /** What is to be done about each in a shell, in the same order; empty where there is no such thing. */
  readonly cautionSteps: readonly (readonly ShellStepEntry[])[];
  /** Txgs newer than every sound uberblock, whose own uberblocks fail their checksum; absent where there are none. */
  readonly destroyedNewest?: readonly string[];
  /** The line of the step `outrun`; absent where there is none. */
  readonly afterReadWrite?: string;
  /** Points to return to at that txg; absent where they were not read. */
  readonly snapshots?: {
    /** So many are there. */
    readonly count: number;
    /** There are more, or some cannot be read. */
    readonly incomplete: boolean;
    /** The newest first; a few of them. */
    readonly newest: readonly {
      /** With that of its dataset. */
      readonly name: string;
      /** When it was made. */
      readonly creationTime: number;
      /** Txg that it was made in. */
      readonly creationTxg: string;
      /** `freenas:vmsynced`: made while virtual machines stood still. */
      readonly vmsynced: boolean;
    }[];
  };
  /** Datasets whose intent log holds records newer than that txg; absent where they were not read. */
  readonly intentLog?: readonly {
    /** Its name. */
    readonly dataset: string;
    /** Records that an import at that txg replays when the dataset is mounted. */
    readonly replays: number;
    /** They are dropped instead, because a log device is missing. */
    readonly dropped: boolean;
    /** A block of the log cannot be read: what follows is lost. */
    readonly broken: boolean;
  }[];
  /** What of that txg cannot be read although it imports; absent where its content was not read, and where all of it reads. */
  readonly damage?: DamageEntry;
  /** Reads all that it has, content too, and names what is damaged, for the OpenZFS and the pool that the scan was asked for: as argument vector. Absent where no path leads to a device. */
  readonly commandVerify?: readonly string[];
  /** How to try it without writing to the devices; absent where nothing is to be feared. */
  readonly overlay?: OverlayEntry;
}

/** Content of files and volumes that no copy of their blocks supplies. */
export interface DamageEntry {
  /** Blocks that fail. */
  readonly blocks: number;
  /** Of which it was looked up whose they are; `commandVerify` names all. */
  readonly blocksNamed: number;
  /** Filesystems, volumes and snapshots that have such a block, those that live first; the first hundred. */
  readonly datasets: readonly string[];
  /** Files that have one; the first hundred. Each once, by its name in the dataset that lives where it is there too. */
  readonly files: readonly DamagedFile[];
  /** Files that are not listed here. */
  readonly filesLeftOut: number;
}

/** Shell lines that lay something writable over each device, and the import that then finds only that. */
export interface OverlayEntry {
  /** Makes overlays from which a plain import loads that txg at once. */
  readonly plain: readonly string[];
  /** Copies the files; for vdevs that were files, then there are no other lines. */
  readonly copies: readonly string[];
  /** Device-mapper snapshots: block devices under /dev/mapper. */
  readonly deviceMapper: readonly string[];
  /** The same as one line, where there are several devices of one kind; null otherwise. */
  readonly deviceMapperLoop: string | null;
  /** Takes the overlays away, once the pool is exported. */
  readonly undo: string;
  /** The same with qcow2 files, served by qemu-nbd. */
  readonly qemu: readonly string[];
  /** After the lines of `copies` or `deviceMapper`. */
  readonly commandReadWrite: readonly string[];
}

/** A way to a state that takes parameters of OpenZFS's module, or some of the devices alone. */
export interface WayOutEntry extends CommandsEntry {
  /** What it takes. */
  readonly kind: 'missing-tops' | 'unverified' | 'other-devices' | 'repaired-labels' | 'edited-labels';
  /** That is opened. */
  readonly txg: string;
  /** Of the commands below, run as this entry says. */
  readonly verdict: Verdict;
  /** To be set before the import; empty where none is needed. */
  readonly parameters: readonly {
    /** Of OpenZFS's module. */
    readonly name: string;
    /** To be set. */
    readonly value: string;
  }[];
  /** What sets them on FreeBSD, in place of the lines of the step `set-parameters`; empty where those are for FreeBSD. */
  readonly onFreeBsd: readonly string[];
  /** All that is to be done, in order; empty where nothing names the pool. */
  readonly steps: readonly ShellStepEntry[];
  /** The commands go on without a log device. */
  readonly withoutLog?: true;
  /** What it may cost. */
  readonly risks: readonly ('lost-blocks' | 'damage-unseen' | 'later-state-lost')[];
  /** Top-level vdevs that are done without. */
  readonly tops: readonly string[];
  /** Indexes into the scan's `sources` of those to give; absent: all. */
  readonly sources?: readonly number[];
  /** Blocks that are bad at that txg; null when they were not counted. */
  readonly metadataErrors: number | null;
}
