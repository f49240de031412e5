import { expect, it } from 'vitest';
import { FEATURES_BY_RELEASE } from '../../src/load/knownFeatures.layout.ts';
import { firstToKnow, JUDGED_AS } from '../../src/load/openzfs.ts';
import { reasonWords } from '../../src/words/reasons.ts';

it('speaks for OpenZFS 2.3, which knows 44 features and none that a later release brought', () => {
  expect(JUDGED_AS.release).toBe('2.3');
  const known = FEATURES_BY_RELEASE.flatMap(({ read, readOnlyCompatible }) => [...read, ...readOnlyCompatible]);
  expect(known.filter((guid) => JUDGED_AS.knows(guid))).toHaveLength(44);
  for (const later of [
    'com.klarasystems:dynamic_gang_header',
    'com.seagate:draid_failure_domains',
    'com.truenas:block_cloning_endian',
    'com.truenas:physical_rewrite',
  ]) {
    expect(JUDGED_AS.knows(later)).toBe(false);
  }
});

it('says of a feature that is not known which release knows it', () => {
  expect(firstToKnow('com.truenas:physical_rewrite')).toBe('2.4');
  expect(firstToKnow('com.seagate:draid_failure_domains')).toBeNull();
  const features = ['com.truenas:physical_rewrite', 'com.seagate:draid_failure_domains'];
  expect(reasonWords({ code: 'features-unknown', release: '2.3', features })).toContain(
    'com.truenas:physical_rewrite (2.4 does), com.seagate:draid_failure_domains',
  );
});
