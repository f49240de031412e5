import { LINES } from '../load/releases.ts';
import type { Judged } from '../rewind/judge.ts';
import type { ReleaseDifference } from '../rewind/releaseDifference.ts';
import { count, list } from './amounts.ts';
import { reasonWords } from './reasons.ts';

/** What some releases of OpenZFS do in another way than the one that verdicts speak for. */
export function versionWords(difference: ReleaseDifference): string {
  const { releases, change, judged, all } = difference;
  const some = releases.length > 1;
  const who = releasesWords(releases);
  const which = all ? 'all txgs' : txgsWords(judged.map(({ candidate }) => candidate.txg));
  const verb = (one: string, many: string) => (some ? many : one);
  const why = causeWords(difference);
  switch (change) {
    case 'takes':
      return `${who} also ${verb('takes', 'take')} ${which}${why}`;
    case 'refuses':
      return all
        ? `${who} ${verb('takes', 'take')} none of these txgs${why}`
        : `${who} ${verb('does', 'do')} not take ${which}${why}`;
    case 'reads':
      return `${who} ${verb('takes', 'take')} ${which} only read-only${why}`;
    case 'writes':
      return `${who} ${verb('takes', 'take')} ${which} read-write too${why}`;
    case 'counts':
      return `${who} ${verb('counts', 'count')} other errors at ${which}: ${errorsWords(judged[0])}`;
    case 'endangers':
      return `importing ${which} with ${who} harms the machine${why}`;
    case 'spares':
      return `with ${who} importing ${which} does not harm the machine${why}`;
  }
}

function errorsWords(newest: Judged | undefined): string {
  const { metadataErrors = 0, dataErrors = 0 } = newest?.counts ?? {};
  const errors = `${count(metadataErrors, 'metadata error')} and ${count(dataErrors ?? 0, 'data error')}`;
  return `${errors} at txg ${newest?.candidate.txg ?? ''}`;
}

/** `2.4`, `2.2 and older`, `2.1 and 2.4`. */
function releasesWords(releases: readonly string[]): string {
  const last = releases.at(-1) ?? '';
  if (releases.length === 1) return last;
  const older = LINES.slice(0, releases.length).every((line, i) => releases[i] === line);
  return older ? `${last} and older` : `${releases.slice(0, -1).join(', ')} and ${last}`;
}

function txgsWords(txgs: readonly bigint[]): string {
  if (txgs.length === 1) return `txg ${txgs[0]}`;
  if (txgs.length <= 4) return `txgs ${list(txgs)}`;
  return `${txgs.length} txgs between ${txgs.at(-1)} and ${txgs[0]}`;
}

function causeWords({ change, reason, releases }: ReleaseDifference): string {
  if (reason === null) return '';
  if (!('features' in reason))
    return change === 'takes' || change === 'spares' ? '' : `: ${reasonWords(reason, 'brief')}`;
  const features = list(reason.features);
  if (change === 'takes' || change === 'writes')
    return `, because ${releases.length > 1 ? 'they know' : 'it knows'} ${features}`;
  return `, because ${releases.length > 1 ? 'they do' : 'it does'} not know ${features}`;
}
