import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes, not threads: tests set the instruction set and the number of threads, which a process has once.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
