import { readBars, buildBotTable, BOT_TABLE_DEFAULTS } from '@cointrader/features/bot/index'
import { ORIGINAL_TABLE } from '@cointrader/features/bot/compat/trading-bot'
import { nodeDisk } from '@cointrader/store'
import { botRows, walkForwardBot, BOT_TRAINING, trainBotRows, ablateBot, compareBot } from '@cointrader/models/bot/index'
import { ORIGINAL_TRAINING, ORIGINAL_WALK } from '@cointrader/models/bot/compat/trading-bot'
const sym=process.argv[2]??'XRPUSDT'
const { bars } = await readBars(nodeDisk, '/work/shared/data/binance-15m', sym)
const { oiChange, fundingRate, ...plain } = bars
const f=x=>x===null?'null':x.toFixed(4)
const t0=performance.now()
for (const seed of [42,1,2]) {
 const ct = botRows(buildBotTable({symbol:sym,bars:plain,options:{...ORIGINAL_TABLE,seed}}))
 const w=await walkForwardBot(ct,{...ORIGINAL_TRAINING,seed},5,ORIGINAL_WALK)
 const one=await trainBotRows(ct,{...ORIGINAL_TRAINING,seed})
 console.log('compat',seed,ct.rows,ct.signal.reduce((a,b)=>a+b),w.folds.length,'all',f(w.all.auc.mean),f(w.all.auc.std),'sig',f(w.signal.auc.mean),'| 80/20',f(one.metrics.valid.all.auc),f(one.metrics.valid.signal.auc),one.model.bestIteration, one.threshold.toFixed(3))
 for (const sampling of ['signal','balanced']) {
 const dt = botRows(buildBotTable({symbol:sym,bars,options:{...BOT_TABLE_DEFAULTS,seed}}))
 const o={...BOT_TRAINING,seed,sampling}
 const d=await walkForwardBot(dt,o,5)
 const e=await trainBotRows(dt,o)
 console.log('default',sampling,seed,dt.rows,dt.signal.reduce((a,b)=>a+b),d.folds.length,'sig',f(d.signal.auc.mean),f(d.signal.auc.std),'all',f(d.all.auc.mean),'uplift',f(d.signal.uplift.mean),'trees',d.folds.map(x=>x.trees).join(),'| 60/20/20 valid',f(e.metrics.valid.signal.auc),'test',f(e.metrics.test.signal.auc),e.metrics.test.signal.aucInterval,e.rows,e.model.dead.join(),e.model.mayMiss.join(), e.metrics.test.signal)
 }
}
console.log((performance.now()-t0)/1000)
