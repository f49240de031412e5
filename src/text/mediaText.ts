import { shellWord } from '../bytes/shellWord.ts';
import type { MayFail } from '../source/failingMedia.ts';
import type { SourceError } from '../source/source.ts';
import { sizeText } from './amounts.ts';

const DONE: Readonly<Record<MayFail, string>> = {
  'never-twice': 'what fails is not asked for again',
  around: 'what fails is asked for again in smaller pieces',
  stop: 'it is not read any more',
};

/** A line for the moment at which the first read of a device fails. Raw text. */
export const firstFailureText = ({ place, code }: SourceError, mayFail: MayFail): string =>
  `${place?.source ?? 'a device'}: a read failed at byte ${place?.offset ?? 0} (${code}): ${DONE[mayFail]} (--device-may-fail)`;

/** A line for a map that was written. Raw text. */
export const failedMapText = (map: {
  readonly file: string;
  readonly path: string;
  readonly spec: string;
  readonly failed: number;
}): string =>
  `${map.file}: ${sizeText(map.failed)} of ${map.path} could not be read; the next run leaves them out with ${shellWord(map.spec)}, and ddrescue takes it too`;
