import type { Finding } from '../../src/rewind/findings/finding.ts';
import { findingText } from '../../src/words/findings/findings.ts';

/** The words of a finding; empty without one. */
export const said = (finding: Finding | undefined): string => (finding === undefined ? '' : findingText(finding));
