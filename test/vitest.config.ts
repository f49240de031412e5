import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Against a hang, not to time anything: real pools are read on whatever machine this is.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
