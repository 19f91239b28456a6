// Preloaded into the program under test (NODE_OPTIONS=--import): faults at the n-th finished write, counted over all
// processes of a run. A write is finished by its rename, as the store does it.
import { appendFileSync, promises as fs, statSync } from 'node:fs'

const { FAULT_COUNTER, FAULT_KILL_AT, FAULT_FULL } = process.env
const { rename, open } = fs

if (FAULT_COUNTER !== undefined)
  fs.rename = async (from, to) => {
    await rename(from, to)
    appendFileSync(FAULT_COUNTER, '.')
    if (statSync(FAULT_COUNTER).size !== Number(FAULT_KILL_AT)) return
    // The run itself is killed, not the stage it waits for.
    process.kill(process.env.COINTRADER_STAGE === undefined ? process.pid : process.ppid, 'SIGKILL')
  }

if (FAULT_FULL !== undefined)
  fs.open = async (path, flags, ...rest) => {
    if (flags === 'w' && new RegExp(FAULT_FULL).test(String(path)))
      throw Object.assign(new Error(`ENOSPC: no space left on device, open '${path}'`), { code: 'ENOSPC' })
    return open(path, flags, ...rest)
  }
