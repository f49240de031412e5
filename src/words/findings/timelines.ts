import type { NamedVdev, StateAt } from '../../rewind/findings/values/named.ts';
import type { TimelineValues } from '../../rewind/findings/values/timelines.ts';
import { count, list, span, time } from '../amounts.ts';
import type { FindingWords } from './findingWords.ts';

export const TIMELINE_WORDS: FindingWords<keyof TimelineValues> = {
  'history-diverged': ({ common, branches }) => {
    const shared = common === null ? 'No txg is shared any more' : `The last txg they share is ${at(common)}`;
    const told = branches.map(({ devices, newest, only }) => {
      const names = devices.join(', ');
      return newest === null ? names : `${names} went on to txg ${at(newest)}${onlyText(only)}`;
    });
    return `The devices went on without each other and hold different states for the same txg. ${shared}; ${told.join('; ')}. Decide which branch to keep before importing with all devices.`;
  },
  'leg-stale': ({ device, vdev, stopped, newest, others, behind }) => {
    const who = others === 'siblings' ? 'its siblings go on' : 'the pool went on';
    return `${device} (${vdev}) stopped at txg ${at(stopped)}; ${who} to txg ${newest.txg}, ${span(newest.time - stopped.time)} and ${count(behind, 'uberblock')} later.`;
  },
  'abandoned-timeline': ({ devices, abandoned, from, to, passed }) => {
    const remain = `${list(devices)}: txg ${list(abandoned)} ${abandoned.length === 1 ? 'remains' : 'remain'} from before a rewind; the pool went on at txg ${from}`;
    return passed
      ? `${remain} and has passed ${abandoned.length === 1 ? 'it' : 'them'}: its newest, txg ${at(to)}, is what an import takes.`
      : `${remain} to ${to.txg}, until ${time(to.time)}. A plain import takes the highest txg and with it the abandoned state; txg ${to.txg} is the newest that was written after the rewind.`;
  },
  'clock-anomaly': ({ devices, before, after }) => {
    const said =
      before === null || after === null
        ? ''
        : `: txg ${before.txg} is of ${time(before.time)}, txg ${after.txg} of ${time(after.time)}`;
    return `${list(devices)}: the clock went back${said}. Times in the table are the writer's; the txgs are in order.`;
  },
  'devices-changed': ({ until, since, reguid, came, went }) => {
    const changes = [
      ...(reguid === null ? [] : [`its guid went from ${reguid.from} to ${reguid.to} (zpool reguid)`]),
      ...came.map((vdev) => `${vdevText(vdev)} came`),
      ...went.map((vdev) => `${vdevText(vdev)} went`),
    ];
    const meaning = reguid === null ? 'it needs the devices of before' : 'nothing imports with labels of the new guid';
    return `Between txg ${until} and ${since} the pool changed: ${list(changes)}. Up to txg ${until} ${meaning}.`;
  },
  'image-of-two-times': ({ device, newerEnd, newest, oldest, stopped, ahead }) => {
    const [newer, older] = newerEnd === 'front' ? ['0 and 1', '2 and 3'] : ['2 and 3', '0 and 1'];
    const cause =
      newerEnd === 'rear'
        ? 'the source was copied from front to end while the pool was in use, or its front was put back from an older copy'
        : 'a copy over an older one that did not come to its end, or an end that was put back or not written any more';
    return `${device}: its labels ${newer} go on to txg ${newest.txg}, its labels ${older} stop at txg ${stopped.txg}, ${span(newest.time - stopped.time)} earlier: ${count(ahead, 'uberblock')} (txg ${oldest} to ${newest.txg}) ${ahead === 1 ? 'is' : 'are'} at one end alone, and OpenZFS writes both ends in one go. Likely cause: ${cause}. What lies between is of a time between. Copy it again, whole, while nothing writes to it.`;
  },
};

const at = ({ txg, time: seconds }: StateAt): string => `${txg} (${time(seconds)})`;

function onlyText(only: readonly string[] | null): string {
  if (only === null) return '';
  return only.length === 0 ? ', with no dataset or snapshot that only it has' : `, and only it has ${list(only, 4)}`;
}

function vdevText({ type, path, guid, log }: NamedVdev): string {
  const what = type === 'indirect' ? 'the place of a removed vdev' : `${log ? 'log ' : ''}${path ?? type}`;
  return `${what} (guid ${guid})`;
}
