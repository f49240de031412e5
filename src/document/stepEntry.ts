import type { Step } from '../rewind/steps.ts';
import type { ShellStepEntry } from './document.ts';
import { stepLines } from './shell/stepLines.ts';

/** Lines for a shell that do a step. */
export const shellStepEntry = (step: Step): ShellStepEntry => ({ kind: step.kind, lines: stepLines(step) });
