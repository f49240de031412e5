import type { Step } from '../rewind/steps.ts';
import type { ShellStepEntry } from './parts.types.ts';
import { stepLines } from './shell/stepLines.ts';

/** Lines for a shell that do a step. */
export const shellStepEntry = (step: Step): ShellStepEntry => ({ kind: step.kind, lines: stepLines(step) });

/** Left out where there is nothing to do. */
export const stepsEntry = (steps: readonly Step[]): { readonly steps?: readonly ShellStepEntry[] } =>
  steps.length === 0 ? {} : { steps: steps.map(shellStepEntry) };
