/** The run log: everything a person may want to know that must stay out of artefacts (times, hosts, paths, counts). */
import type { Clock, Json } from '@cointrader/core'
import type { Disk } from './disk.js'

/** Everything below this folder of a data folder is scratch: locks, caches, logs. No byte comparison looks at it. */
export const RUN_FOLDER = '.run'

export interface RunLog {
  write(event: string, facts?: { readonly [key: string]: Json | undefined }): Promise<void>
}

export function runLog(disk: Disk, path: string, clock: Clock): RunLog {
  return {
    write: (event, facts = {}) =>
      disk.append(path, `${JSON.stringify({ at: new Date(clock.now()).toISOString(), event, ...facts })}\n`),
  }
}
