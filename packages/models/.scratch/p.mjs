import { readBars, buildBotTable, BOT_FEATURE_NAMES } from '@cointrader/features/bot/index'
import { ORIGINAL_TABLE } from '@cointrader/features/bot/compat/trading-bot'
import { nodeDisk, numbers, strings } from '@cointrader/store'
import { train, Dataset, compile } from '@cointrader/lightgbm-wasm'
import { auc } from '@cointrader/models'
import { seededRandom } from '@cointrader/core'
const { bars } = await readBars(nodeDisk, '/work/shared/data/binance-15m', 'XRPUSDT')
const { oiChange, fundingRate, ...plain } = bars
for (const seed of [42, 1]) {
let t0=performance.now()
const table = buildBotTable({ symbol: 'XRPUSDT', bars: plain, options: { ...ORIGINAL_TABLE, decay: 2, seed } })
console.log(table.rows, performance.now()-t0)
const label = numbers(table,'label'), weight=numbers(table,'weight'), kind=strings(table,'kind')
const feats = BOT_FEATURE_NAMES.filter(f=>!numbers(table,f).every(Number.isNaN))
for (const drop of [[],['signal_strength'],['signal_strength','side']]) {
const fs = feats.filter(f=>!drop.includes(f))
const n=table.rows, step=Math.floor(n*0.4/5)
const A=[],S=[]
t0=performance.now()
for (let i=0;i<5;i++){ const te=Math.floor(n*0.6)+i*step, vs=te+24, ve=vs+step; if(ve>n)break
 const idx=[],hold=[];let pos=0
 for(let r=0;r<te;r++){ if(label[r]===1)pos++; if(label[r]===1||kind[r]==='signal')idx.push(r); else hold.push(r)}
 const rnd=seededRandom(seed+'u')
 for(let k=0;k<Math.min(pos,hold.length);k++){const o=k+rnd.int(hold.length-k);const v=hold[o];hold[o]=hold[k];hold[k]=v;idx.push(v)}
 idx.sort((a,b)=>a-b)
 const col=(f,ix)=>Float32Array.from(ix,r=>numbers(table,f)[r])
 const ds=await Dataset.from({columns:fs.map(f=>col(f,idx)),featureNames:fs,label:idx.map(r=>label[r]),weight:idx.map(r=>weight[r]*1.783105)})
 const {model}=await train({objective:'binary',metric:'none',num_iterations:434,learning_rate:0.123659,max_depth:6,num_leaves:14,min_child_samples:10,subsample:0.929062,colsample_bytree:0.94633,reg_alpha:0.573971,reg_lambda:0.000157,seed:42,num_threads:1},ds)
 const vi=Array.from({length:step},(_,k)=>vs+k)
 const p=compile(model).predict({columns:fs.map(f=>col(f,vi))})
 A.push(auc(p,Float64Array.from(vi,r=>label[r])))
 const si=vi.map((r,k)=>k).filter(k=>kind[vi[k]]==='signal')
 S.push(auc(Float64Array.from(si,k=>p[k]),Float64Array.from(si,k=>label[vi[k]])))
}
const m=a=>a.reduce((x,y)=>x+y)/a.length
console.log(seed, drop.join(), A.length, m(A).toFixed(4), m(S).toFixed(4), A.map(x=>x.toFixed(3)).join(' '), S.map(x=>x.toFixed(3)).join(' '), ((performance.now()-t0)/1000).toFixed(1)+'s')
}}
