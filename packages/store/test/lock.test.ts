/** Looking at a lock: whose it is, and whether that process is gone. Taking it is in store.test.ts. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manualClock } from '@cointrader/core'
import { type LockState, nodeDisk, readLock, takeLock } from '@cointrader/store'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'cointrader-lock-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'lock')
const options = { path, command: 'cointrader fetch', pid: process.pid, host: 'here', waitMs: 0, clock: manualClock(0) }

/** The state of a lock file with this text, and that looking changed nothing. */
async function look(text: string, host = 'here'): Promise<LockState | undefined> {
  writeFileSync(path, text)
  const state = await readLock(path, host)
  expect(readFileSync(path, 'utf8')).toBe(text)
  expect(readdirSync(folder)).toEqual(['lock'])
  rmSync(path)
  return state
}

const old = { pid: process.pid, started: '', host: 'here', command: 'old' }

describe('readLock', () => {
  it('tells the owner that takeLock wrote, and that it is not gone', async () => {
    expect(await readLock(path, 'here')).toBeUndefined()
    expect(await readLock(join(folder, 'no/such/folder'), 'here')).toBeUndefined()
    const lock = await takeLock(options)
    const state = await readLock(path, 'here')
    expect(state).toMatchObject({ owner: { pid: process.pid, host: 'here', command: 'cointrader fetch' }, gone: false })
    await lock.release()
    expect(await readLock(path, 'here')).toBeUndefined()
  })

  it('a process that has ended is gone, also when its pid was given to another', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    const { pid } = child
    await once(child, 'exit')
    expect(await look(JSON.stringify({ ...old, pid }))).toMatchObject({ owner: { pid }, gone: true })
    expect(await look(JSON.stringify(old))).toMatchObject({ gone: false })
    if (!existsSync('/proc/self/stat')) return console.log('skipped: no /proc, so a pid is all there is to go by')
    expect(await look(JSON.stringify({ ...old, started: 'long ago' }))).toMatchObject({ gone: true })
  })

  it('a process of another machine is never gone', async () => {
    const owner = { ...old, pid: 2 ** 22 + 1, started: '1', host: 'elsewhere' }
    expect(await look(JSON.stringify(owner))).toEqual({ owner, gone: false })
    expect(await look(JSON.stringify(owner), 'elsewhere')).toEqual({ owner, gone: true })
  })

  const strange = [
    '',
    '{',
    'null',
    '7',
    '[]',
    '{}',
    // Signals to these pids would go to groups of processes, or be refused.
    ...[0, -1, 1.5, 2 ** 31, '7', null].map((pid) => JSON.stringify({ ...old, pid })),
    JSON.stringify({ ...old, host: undefined }),
    JSON.stringify({ ...old, command: 7 }),
    JSON.stringify({ ...old, started: 7 }),
  ]
  it.each(strange)('what this program did not write has no owner, and is replaced: %s', async (text) => {
    expect(await look(text)).toEqual({ owner: null, gone: true })
    writeFileSync(path, text)
    await (await takeLock(options)).release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is refused by the disk: said, by takeLock too, which would otherwise try for ever', async () => {
    mkdirSync(path)
    await expect(readLock(path, 'here')).rejects.toThrow(/E_DISK/)
    await expect(takeLock(options)).rejects.toThrow(/E_DISK/)
    rmSync(path, { recursive: true })
  })
})

describe('a folder that cannot be made', () => {
  const file = join(folder, 'file')
  // Below /proc the system says that the folder above is not there: Node's own recursive mkdir tries for ever.
  const places = [join(file, 'x/y'), ...(process.platform === 'linux' ? ['/proc/nobody/x'] : [])]

  it.each(places)('%s: refused by takeLock and by every write', async (place) => {
    writeFileSync(file, '')
    await expect(takeLock({ ...options, path: join(place, 'lock') })).rejects.toThrow(/E_DISK/)
    await expect(nodeDisk.writeAtomic(join(place, 'table'), '')).rejects.toThrow(/E_DISK/)
    await expect(nodeDisk.append(join(place, 'log'), '')).rejects.toThrow(/E_DISK/)
    rmSync(file)
  })
})
