/** A headless browser for tests of pages, where the machine has one; used by every package that writes a page. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'

const found = [
  process.env.PLAYWRIGHT_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
].find((path) => path !== undefined && path !== '' && existsSync(path))

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--hide-scrollbars',
  '--no-first-run',
  '--enable-logging=stderr',
]

/** Flag for a reader who prefers dark pages. */
export const DARK = '--blink-settings=preferredColorScheme=0'

export interface Chromium {
  /** None was found: tests are skipped, and the reason was printed. */
  readonly absent: boolean
  /** Temporary; removed after the tests of the file. */
  readonly folder: string
  /** Opens the page once. `console` holds what it and the browser complained of there. */
  open(name: string, html: string, ...flags: string[]): { out: string; console: string[] }
  /**
   * The page in one frame of each width, and what `look` (JavaScript source of a function of the frame) returns of each, as
   * JSON. The console must be silent.
   */
  measure(name: string, html: string, widths: readonly number[], look: string, ...flags: string[]): unknown[]
}

const unescaped = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/** To be called at the head of a test file. */
export function chromium(): Chromium {
  if (found === undefined) console.log('skipped: no Chromium found (set PLAYWRIGHT_CHROMIUM to its path)')
  const folder = mkdtempSync(join(tmpdir(), 'cointrader-chromium-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const open: Chromium['open'] = (name, html, ...flags) => {
    const file = join(folder, `${name}.html`)
    writeFileSync(file, html)
    const args = [...FLAGS, `--user-data-dir=${join(folder, 'profile')}`, ...flags, `file://${file}`]
    const r = spawnSync(found!, args, { encoding: 'utf8', timeout: 90_000, maxBuffer: 64 * 1024 * 1024 })
    expect(r.error, 'the browser ran').toBeUndefined()
    return { out: r.stdout, console: r.stderr.split('\n').filter((line) => line.includes('CONSOLE')) }
  }
  return {
    absent: found === undefined,
    folder,
    open,
    measure(name, html, widths, look, ...flags) {
      const outer = `<!doctype html><meta charset="utf-8"><body>${widths.map((w) => frame(html, w, 900)).join('')}<pre id="result"></pre><script>
addEventListener('load',()=>{document.getElementById('result').textContent=JSON.stringify([...document.querySelectorAll('iframe')].map(${look}))})</script>`
      const size = ['--virtual-time-budget=4000', '--window-size=1400,1000']
      const { out, console: lines } = open(name, outer, '--dump-dom', ...size, ...flags)
      expect(lines, 'the console is silent').toEqual([])
      return JSON.parse(unescaped(/<pre id="result">([^<]*)<\/pre>/.exec(out)?.[1] ?? '[]'))
    },
  }
}

/** The page in a frame, as on a screen narrower than the 500 pixels that a window has at least. */
export function frame(html: string, width: number, height: number): string {
  const doc = html.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  return `<iframe srcdoc="${doc}" style="border:0;width:${width}px;height:${height}px"></iframe>`
}
