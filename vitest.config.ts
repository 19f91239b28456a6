import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// Tests import the packages as users do, through their exports (the compiled dist/), so what ships is what is tested.
export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'scripts/test/**/*.test.ts'],
    setupFiles: ['./vitest.setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Many files wait for programs they started: with one worker less than cores, as by default, half the machine waits with them;
    // with one more they are in each other's way (measured: 14 min 10 s, and 15 min 8 s with one more).
    maxWorkers: availableParallelism(),
    reporters: process.env.CI ? ['default'] : ['default'],
  },
})
