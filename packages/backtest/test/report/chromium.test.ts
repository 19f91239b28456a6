/** The report in a real browser, when there is one: no error, scripts work, nothing wider than the screen. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chromium, DARK } from '../../../../test/chromium.js'
import { sampleReport, sampleSweep } from './sample.js'

const browser = chromium()

/** Runs in the page: sorts by net, points into the middle of the first chart, switches the scale, and tells what it sees. */
const LOOK = `(f)=>{const d=f.contentDocument,w=f.contentWindow;
const first=()=>{const t=d.querySelector('#trades table,#ranking table');return t?Number(t.tBodies[0].rows[0].cells[9]?.dataset.v):null};
const before=first();const head=[...d.querySelectorAll('#trades th button')].find(b=>b.textContent==='net');if(head)head.click();
const area=d.querySelector('.follow');
if(area){const b=area.getBoundingClientRect();area.dispatchEvent(new w.PointerEvent('pointermove',{clientX:b.left+b.width/2,clientY:b.top+5}))}
const hide=d.querySelector('.log');const shown=hide?w.getComputedStyle(hide).display:null;const radio=d.getElementById('scale-log');if(radio)radio.checked=true;
return {width:d.documentElement.scrollWidth,client:d.documentElement.clientWidth,buttons:d.querySelectorAll('th button').length,before,after:first(),
readout:d.getElementById('readout')?.textContent??'',logBefore:shown,logAfter:hide?w.getComputedStyle(hide).display:null,
svgs:[...d.querySelectorAll('svg')].filter(s=>s.getBoundingClientRect().width>0&&s.getBoundingClientRect().height>0).length,
smallest:Math.min(...[...d.querySelectorAll('.plot span')].map(s=>parseFloat(w.getComputedStyle(s).fontSize)))}}`

const measured = (html: string, widths: readonly number[]) =>
  browser.measure('outer', html, widths, LOOK) as Record<string, unknown>[]

test.skipIf(browser.absent)('the backtest report fits 390 and 1280 pixels, sorts, and answers the pointer', () => {
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
})

test.skipIf(browser.absent)('the sweep report fits both widths', () => {
  for (const p of measured(sampleSweep(), [390, 1280])) expect(p.width).toBe(p.client)
})

test.skipIf(browser.absent)('without a script the report is whole', () => {
  const bare = sampleReport().html.replace(/<script>[\s\S]*?<\/script>/, '')
  const { out, console: lines } = browser.open('bare', bare, '--dump-dom')
  expect(lines).toEqual([])
  for (const words of ['What this says', 'All numbers', 'ended by']) expect(out).toContain(words)
})

test.skipIf(browser.absent)('a screenshot can be taken, light and dark', () => {
  const { html } = sampleReport()
  const size = (name: string, ...flags: string[]): number => {
    const file = join(browser.folder, `${name}.png`)
    browser.open(name, html, `--screenshot=${file}`, '--window-size=1280,1600', ...flags)
    return statSync(file).size
  }
  expect(size('light')).toBeGreaterThan(50_000)
  expect(size('dark', DARK)).toBeGreaterThan(50_000)
})
