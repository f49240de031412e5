/** The files that decide, and the unit tests beside them: what no pool image shows is held by these. */
export const TESTS: Readonly<Record<string, readonly string[]>> = {
  'src/load/featureSteps.ts': ['test/load/featureSteps.test.ts'],
  'src/load/labelSteps.ts': ['test/load/labelSteps.test.ts'],
  'src/load/poolObjectSteps.ts': ['test/load/poolObjectSteps.test.ts'],
  'src/load/verifyStep.ts': ['test/load/verifyStep.test.ts'],
  'src/load/checkpointSteps.ts': ['test/load/verifyStep.test.ts'],
  'src/load/predict.ts': ['test/load/predict.test.ts'],
  'src/pool/pointerRules.ts': ['test/pool/pointerRules.test.ts'],
  'src/rewind/commands.ts': ['test/rewind/commands.test.ts'],
  'src/rewind/steps.ts': ['test/rewind/steps.test.ts'],
  'src/rewind/rank.ts': ['test/rewind/rank.test.ts'],
  'src/text/candidateTable.ts': ['test/text/candidateTable.test.ts'],
  'src/text/candidateRuns.ts': ['test/text/candidateRuns.test.ts'],
};
