import { LINES } from '../../load/releases.ts';
import type { LabelStory, LabelValues, PlaceClaim } from '../../rewind/findings/values/labels.ts';
import { count, list, several } from '../amounts.ts';
import type { FindingWords } from './findingWords.ts';

type Lost = LabelValues['label-lost'];

export const LABEL_WORDS: FindingWords<keyof LabelValues> = {
  'label-lost': (values) => {
    const { device, labels, why } = values;
    const alike = new Map<string, number[]>();
    for (const each of labels) alike.set(stateOf(each), [...(alike.get(stateOf(each)) ?? []), each.label]);
    const told = [...alike].map(([state, which]) => `${several('label', which)}: ${state}`);
    return `${device}: ${list(told)}${why === null ? '' : ` (${why})`}. ${outcomeOf(values)}`;
  },
  'label-impossible': ({ device, label, offset, ashift, least, most }) =>
    `${device} @ 0x${offset.toString(16)} label ${label}: ashift: expected ${least} to ${most}, found ${ashift}. No ZFS writes that: the label was altered. What an import would do with it cannot be told; slot sizes were taken from the slots themselves.`,
  'large-label': ({ feature, devices, txgs }) => {
    const whose = devices.length === 0 ? `Txg ${list(txgs)}` : list(devices);
    const many = (devices.length || txgs.length) > 1;
    return `${whose} ${many ? 'need' : 'needs'} the feature ${feature}: labels of 256 MiB with rings of their own, a form that is still in the making. Neither this program nor OpenZFS up to ${LINES.at(-1) ?? ''} knows it: what is told here comes from the labels of the old form that stay in front of them; labels 2 and 3 are not kept in that form, and blocks lie elsewhere. No overlay is made. Import with the OpenZFS that made the pool, read-only first: the larger rings hold older txgs than are shown here.`;
  },
  'labels-disagree': (values) => {
    if (values.within === 'device') {
      const told = values.stories.map((story) => `${several('label', story.labels)}: ${storyText(story)}`);
      return `${values.device}: its labels differ: ${told.join('; ')}. The newest was followed.`;
    }
    const told = values.stories.map((story) => `${story.devices.join(', ')}: ${storyText(story)}`);
    return `The devices of top-level vdev ${values.vdev ?? '?'} tell different stories: ${told.join('; ')}. The newest was followed.`;
  },
  'place-claimed-twice': ({ place, followed, older, paths }) => {
    const claim = ({ devices, vdev, written }: PlaceClaim) =>
      `${list(devices)} ${devices.length === 1 ? 'says' : 'say'} that it is a ${vdev} (label of txg ${written ?? '?'})`;
    const where = paths.length === 0 ? 'where the pool says that they lie' : `as ${list(paths)}`;
    return `Labels do not agree what top-level vdev ${place ?? '?'} is: ${claim(followed)}, ${claim(older)}. The newer was followed; zpool import takes whichever it comes to last, and may open ${list(followed.devices)} ${where} instead of what is given, or go on without.`;
  },
  'device-other-name': ({ devices, called, pool, opens }) => {
    const one = devices.length === 1;
    const without = opens ? 'as if it were missing' : 'and the pool does not import without';
    const guid = `the commands name the pool by its guid`;
    return `${list(devices)} ${one ? 'knows' : 'know'} the pool as ${called}, not as ${pool ?? 'it is called'}: asked for it by name, zpool import leaves ${one ? 'it' : 'them'} out, ${without}; ${guid}.`;
  },
  'label-newer-than-uberblock': ({ written, device, newest, older }) =>
    written > newest
      ? `The label of ${device} was written at txg ${written}, but the newest uberblock found is of txg ${newest}: newer ones were lost. All txgs found are older than that label: ${REFUSED}.`
      : `${count(older, 'txg')} ${older === 1 ? 'is' : 'are'} older than the labels, which were last written at txg ${written}: ${REFUSED}.`,
};

const REFUSED = 'a plain import and -F refuse them, the commands given here (-F -T) do not';

const stateOf = ({ status, decodes }: Lost['labels'][number]): string =>
  ({
    ok: 'sound',
    'bad-checksum': decodes ? 'checksum fails, though the content is a label' : 'checksum fails, content is no label',
    empty: 'empty',
    malformed: 'checksum holds, content is no label',
    unreadable: 'cannot be read',
    absent: 'beyond the end of the source',
  })[status];

const outcomeOf = ({ outcome, left }: Lost): string =>
  ({
    'passed-over':
      'One label that gives a read error is enough for zpool import to pass the whole device over: copy it to a sound one (ddrescue writes zeros where it cannot read) and import from the copy.',
    'not-opened': 'No label is left that OpenZFS accepts: it will not open this device.',
    enough: `${count(left, 'label')} of 4 left, which is enough to import; OpenZFS writes the others anew.`,
  })[outcome];

const storyText = ({ pool, state, written }: LabelStory): string =>
  `pool ${pool ?? 'without name'}, ${state}, written at txg ${written ?? 'unknown'}`;
