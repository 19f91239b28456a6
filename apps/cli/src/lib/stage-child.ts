/**
 * The child's side of a stage (`stage-process.ts`): tells the parent what it used, and ends when the parent is gone, so that a
 * study killed in the middle leaves nobody writing behind its back.
 */
export interface StageUsage {
  readonly cpuMs: number
  readonly maxRssMb: number
}

/** Does nothing in a program that was started by hand. */
export function serveParent(): void {
  if (process.send === undefined || process.env.COINTRADER_STAGE === undefined) return
  // SIGKILL leaves the parent no word to say: the closed channel is the only sign.
  process.once('disconnect', () => process.exit(1))
  process.channel?.unref()
  process.once('beforeExit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    const usage: StageUsage = { cpuMs: (userCPUTime + systemCPUTime) / 1000, maxRssMb: maxRSS / 1024 }
    process.send?.(usage)
  })
}
