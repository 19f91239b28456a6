/** The report in a real browser, when there is one: no error, scripts work, nothing wider than the screen. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sampleReport, sampleSweep } from './sample.js'

const browser = [
  process.env.PLAYWRIGHT_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
].find((path) => path !== undefined && path !== '' && existsSync(path))
const folder = mkdtempSync(join(tmpdir(), 'cointrader-chromium-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--hide-scrollbars',
  '--no-first-run',
  '--enable-logging=stderr',
]

function run(name: string, html: string, ...extra: string[]): { out: string; console: string[] } {
  const file = join(folder, `${name}.html`)
  writeFileSync(file, html)
  const r = spawnSync(browser!, [...FLAGS, `--user-data-dir=${join(folder, 'profile')}`, ...extra, `file://${file}`], {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  })
  expect(r.error, 'the browser ran').toBeUndefined()
  return { out: r.stdout, console: r.stderr.split('\n').filter((line) => line.includes('CONSOLE')) }
}

/** The page in frames of given widths, measured and used by a script of the outer page. */
function measured(html: string, widths: readonly number[]): Record<string, unknown>[] {
  const doc = html.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  const frames = widths.map((w) => `<iframe srcdoc="${doc}" style="border:0;width:${w}px;height:900px"></iframe>`)
  const outer = `<!doctype html><body>${frames.join('')}<pre id="result"></pre><script>
addEventListener('load',()=>{const all=[...document.querySelectorAll('iframe')].map(f=>{const d=f.contentDocument,w=f.contentWindow;
const first=()=>{const t=d.querySelector('#trades table,#ranking table');return t?Number(t.tBodies[0].rows[0].cells[9]?.dataset.v):null};
const before=first();const head=[...d.querySelectorAll('#trades th button')].find(b=>b.textContent==='net');if(head)head.click();
const area=d.querySelector('.follow');
if(area){const b=area.getBoundingClientRect();area.dispatchEvent(new w.PointerEvent('pointermove',{clientX:b.left+b.width/2,clientY:b.top+5}))}
const hide=d.querySelector('.log');const shown=hide?w.getComputedStyle(hide).display:null;const radio=d.getElementById('scale-log');if(radio)radio.checked=true;
return {width:d.documentElement.scrollWidth,client:d.documentElement.clientWidth,buttons:d.querySelectorAll('th button').length,before,after:first(),
readout:d.getElementById('readout')?.textContent??'',logBefore:shown,logAfter:hide?w.getComputedStyle(hide).display:null,
svgs:[...d.querySelectorAll('svg')].filter(s=>s.getBoundingClientRect().width>0&&s.getBoundingClientRect().height>0).length,
smallest:Math.min(...[...d.querySelectorAll('.plot span')].map(s=>parseFloat(w.getComputedStyle(s).fontSize)))}});
document.getElementById('result').textContent=JSON.stringify(all)})</script>`
  const { out, console: lines } = run(
    'outer',
    outer,
    '--dump-dom',
    '--virtual-time-budget=3000',
    '--window-size=1400,1000',
  )
  expect(lines).toEqual([])
  const json = /<pre id="result">([^<]*)<\/pre>/.exec(out)?.[1] ?? '[]'
  return JSON.parse(
    json.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  )
}

if (browser === undefined) console.log('skipped: no Chromium found (set PLAYWRIGHT_CHROMIUM to its path)')

test.skipIf(browser === undefined)(
  'the backtest report fits 390 and 1280 pixels, sorts, and answers the pointer',
  () => {
    const { html, result } = sampleReport()
    const best = Math.max(...result.trades.netPnl)
    const pages = measured(html, [390, 1280])
    expect(pages.length).toBe(2)
    for (const p of pages) {
      expect(p.width, 'no sideways scrolling of the page').toBe(p.client)
      expect(p.buttons).toBeGreaterThan(20)
      expect(p.before).toBe(result.trades.netPnl[0])
      expect(p.after).toBe(best)
      expect(p.readout).toMatch(/^20\d\d-.* equity .* drawdown /)
      expect([p.logBefore, p.logAfter]).toEqual(['none', 'block'])
      expect(p.svgs).toBeGreaterThan(6)
      expect(p.smallest).toBeGreaterThanOrEqual(10)
    }
  },
)

test.skipIf(browser === undefined)('the sweep report fits both widths', () => {
  for (const p of measured(sampleSweep(), [390, 1280])) expect(p.width).toBe(p.client)
})

test.skipIf(browser === undefined)('without a script the report is whole', () => {
  const bare = sampleReport().html.replace(/<script>[\s\S]*?<\/script>/, '')
  const { out, console: lines } = run('bare', bare, '--dump-dom')
  expect(lines).toEqual([])
  for (const words of ['What this says', 'All numbers', 'ended by']) expect(out).toContain(words)
})

test.skipIf(browser === undefined)('a screenshot can be taken, light and dark', () => {
  const { html } = sampleReport()
  const size = (name: string, ...flags: string[]): number => {
    const file = join(folder, `${name}.png`)
    run(name, html, `--screenshot=${file}`, '--window-size=1280,1600', ...flags)
    return statSync(file).size
  }
  expect(size('light')).toBeGreaterThan(50_000)
  expect(size('dark', '--blink-settings=preferredColorScheme=0')).toBeGreaterThan(50_000)
})
