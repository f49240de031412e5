import type {
  ChecksumError,
  FormatError,
  LimitError,
  OutputError,
  StoppedError,
  UnsupportedError,
  UsageError,
} from '../../bytes/errors.ts';
import type { UnavailableBlockError } from '../../pool/blockRead.ts';
import type { SourceCode } from '../../source/sourceCodes.ts';

interface ErrorClasses {
  readonly FormatError: FormatError;
  readonly ChecksumError: ChecksumError;
  readonly UnavailableBlockError: UnavailableBlockError;
  readonly UnsupportedError: UnsupportedError;
  readonly StoppedError: StoppedError;
  readonly LimitError: LimitError;
  readonly OutputError: OutputError;
  readonly UsageError: UsageError;
}

/** The codes of each class, but for those that the system gives. */
type ErrorCodes = { readonly [Name in keyof ErrorClasses]: ErrorClasses[Name]['code'] } & {
  readonly SourceError: SourceCode;
};

/** What goes for every error of a class, as lines of Markdown with links as from the folder `docs`. */
export interface ErrorMeaning<Code extends string> {
  readonly says: string;
  /** What one of several codes says more; null where its name says it. */
  readonly codes: Readonly<Record<Code, string | null>>;
  /** Codes that are not this library's. */
  readonly others?: string;
}

/** By class, in the order of docs/errors.md, which `npm run docs` makes of it. */
export const ERROR_MEANINGS: { readonly [Name in keyof ErrorCodes]: ErrorMeaning<ErrorCodes[Name]> } = {
  SourceError: {
    says: 'bytes could not be had',
    codes: {
      'source-short': null,
      'source-ended': 'before the end that it says it has',
      'source-cut': 'in front of where a source begins',
      'source-empty': null,
      'source-closed': null,
      'source-changed': null,
      'not-a-source': null,
      'no-images': null,
      'never-read': 'nobody has these bytes of a [disk image](images.md)',
      'needs-file': 'an image says that a part of its disk is in a file that was not given',
      'image-damaged': null,
      'not-a-map': 'of ddrescue',
      'not-shards': 'which shards are those of a file of GlusterFS does not show',
      'not-in-bundle': 'nobody needed these bytes when the [bundle](bundle.md) was made',
      'bundle-damaged': null,
      refused: 'by a server on the [network](networks.md)',
      'wrong-answer': 'of such a server',
      'no-ranges': 'it gives no parts of a file',
    },
    others: "the system's own (`EIO`, `EACCES`, `ENOENT`, ...; `UNKNOWN` where Node has no name for it)",
  },
  FormatError: {
    says: 'the bytes are there and break the format; has `expected` and `found`',
    codes: { 'format-magic': null, 'format-bounds': null, 'format-value': null, 'format-nesting': null },
  },
  ChecksumError: {
    says: 'the bytes are there and are not the bytes that were written; has both sets of words',
    codes: { checksum: null },
  },
  UnavailableBlockError: {
    says: 'no copy, mirror or parity supplies the block; has every attempt, of many devices that are not there the first 128',
    codes: { unavailable: null },
  },
  UnsupportedError: { says: 'known to ZFS, not to this library', codes: { unsupported: null } },
  StoppedError: { says: 'a signal was aborted before this was read', codes: { stopped: null } },
  LimitError: { says: 'a documented limit of depth, count or memory was reached', codes: { limit: null } },
  OutputError: {
    says: 'a file that was asked for could not be written whole, and nothing of it is left',
    codes: { unwritten: null },
  },
  UsageError: { says: 'the caller asked for something impossible', codes: { usage: null } },
};
