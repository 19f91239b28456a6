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
    // Many files wait for programs they started, and those for the disk: one worker more than cores keeps the cores busy. (The
    // default is one less.)
    maxWorkers: availableParallelism() + 1,
    reporters: process.env.CI ? ['default'] : ['default'],
  },
})
