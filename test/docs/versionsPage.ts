import { FEATURES_BY_RELEASE } from '../../src/load/knownFeatures.layout.ts';
import { RELEASE_RULES, type RuleName } from '../../src/load/releaseRules.ts';
import { RULE_WORDS } from '../../src/words/releaseRules.ts';

// docs/versions.md: what releases of OpenZFS do differently, made of the tables that verdicts are made by.

const INTRODUCTION = `# Releases of OpenZFS

<!-- Made by \`npm run docs\` of src/load/releaseRules.ts and src/load/knownFeatures.layout.ts: do not edit. -->

A verdict speaks for one OpenZFS: \`--zfs 2.1\`, \`2.2\`, \`2.3\` or \`2.4\` of \`scan\` and \`verify\` says which, or one release
such as \`--zfs 2.3.9\`; left out, 2.3. \`judgedAs\` of a scan has it. Of a line, what one of its releases does to the machine is
told, with the releases that do it. Where others treat a pool in another way the report says so in a line each, and
\`versions\` of a pool in \`scan --json\` has it as data. What was read is not read again for that: a load is only replayed for a
release that would have answered what it asked in another way.

Releases 2.0.0 to 2.4.4 were looked at. Verdicts were held against the libraries of 2.1.11, 2.2.9, 2.3.2 and 2.4.4
(docs/truth.md says how they are built): \`npm run accuracy -- --zfs 2.4 DIR...\`.`;

export function versionsPage(): string {
  const names = Object.keys(RELEASE_RULES) as RuleName[];
  const rules = names.map((name) => {
    const { holds, source } = RELEASE_RULES[name];
    return `| \`${name}\` | ${holds} | ${RULE_WORDS[name]} | ${source} |`;
  });
  const features = FEATURES_BY_RELEASE.map(({ release, read, readOnlyCompatible }, i) => {
    const shown = (guids: readonly string[]) => guids.map((guid) => `\`${guid}\``).join(', ');
    return i === 0
      ? `| ${release} | ${read.length} features | ${readOnlyCompatible.length} features |`
      : `| ${release} | ${shown(read)} | ${shown(readOnlyCompatible)} |`;
  });
  return [
    INTRODUCTION,
    '## What they do differently',
    ['| rule | releases | what they do | source |', '| --- | --- | --- | --- |', ...rules].join('\n'),
    '## Features that came with each',
    'Each line knows those of the lines before it as well. Who does not know one of the second kind may still read.',
    ['| line | needed to read | needed to write |', '| --- | --- | --- |', ...features].join('\n'),
    '',
  ]
    .join('\n\n')
    .replace(/\n\n$/, '\n');
}
