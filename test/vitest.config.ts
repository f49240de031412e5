import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // One worker waits for disks and for other programs most of the time.
    maxWorkers: Math.max(2, availableParallelism()),
    // Against a hang, not to time anything: real pools are read on whatever machine this is.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
