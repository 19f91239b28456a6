/**
 * Looks of the study report, on top of those of the backtest report. Colours follow Okabe and Ito (2008, "Color universal design"),
 * darkened or lightened until text in them has a contrast of 4.5 or more on its ground; gain and loss are teal and vermilion, which
 * stay apart for colour-blind eyes, and never the only sign.
 */
export const STUDY_STYLE = `
:root{--bg:#fdfdfc;--fg:#17212b;--muted:#586472;--line:#e2e5e9;--card:#f6f7f8;--pos:#08715d;--neg:#b63a17;--warn:#8a5d00;
--a:#1a68ac;--b:#b04c06;--c:#08715d;--d:#8745ab;--soft:#717c88;--good:#08715d;--bad:#b63a17;--tint:#eef4fa}
@media(prefers-color-scheme:dark){:root{--bg:#10151a;--fg:#e6ebf0;--muted:#9aa6b2;--line:#2a333c;--card:#171e25;--pos:#4cc9ab;--neg:#ff8c6b;
--warn:#e0b252;--a:#72b4f0;--b:#f3a05a;--c:#4cc9ab;--d:#c99be6;--soft:#8b97a3;--good:#4cc9ab;--bad:#ff8c6b;--tint:#16222e}}
body{max-width:1160px;padding:0 24px 72px;line-height:1.55}
header{padding:34px 0 4px}.eyebrow{font-size:.76rem;letter-spacing:.09em;text-transform:uppercase;color:var(--muted);margin:0}
h1{font-size:clamp(1.5rem,4.4vw,2.15rem);letter-spacing:-.01em;line-height:1.18;margin:.15em 0 .35em;overflow-wrap:anywhere}
.about{max-width:70ch;font-size:1.02rem;margin:.2em 0 .5em;overflow-wrap:anywhere}.meta{color:var(--muted);font-size:.9rem}
.skip{position:absolute;left:-9999px}.skip:focus{left:8px;top:8px;background:var(--bg);padding:6px 10px;z-index:9}
nav{position:sticky;top:0;z-index:5;background:var(--bg);border-bottom:1px solid var(--line);margin:18px -24px 0;padding:9px 24px;flex-wrap:nowrap;
overflow-x:auto;scrollbar-width:none;gap:0 1.25em}nav::-webkit-scrollbar{display:none}nav a{white-space:nowrap;color:var(--muted);text-decoration:none}
nav a:hover,nav a:focus-visible{color:var(--a);text-decoration:underline}
section{scroll-margin-top:48px}h2{font-size:1.42rem;letter-spacing:-.01em;margin:2.6em 0 .35em;padding:0;border:0}
h3{font-size:1rem;margin:0 0 .55em;line-height:1.35}h3 em{font-style:normal;font-weight:400;color:var(--muted)}
.lead{max-width:74ch;color:var(--muted);margin:0 0 1.1em}section>p{max-width:80ch;overflow-wrap:anywhere}
.verdict{background:var(--tint);border-left:6px solid var(--a);border-radius:10px;padding:18px 22px 16px;margin:20px 0 18px}
.verdict.bad{border-left-color:var(--bad)}.verdict.warn{border-left-color:var(--warn)}.verdict.good{border-left-color:var(--good)}
.verdict h2{font-size:.78rem;letter-spacing:.09em;text-transform:uppercase;color:var(--muted);font-weight:600;margin:0 0 .35em}
.verdict .head{font-size:clamp(1.12rem,3vw,1.42rem);font-weight:650;line-height:1.32;margin:0 0 .6em;max-width:44em;overflow-wrap:anywhere}
.found{list-style:none;margin:0;padding:0}.found li{display:grid;grid-template-columns:5.6em minmax(0,1fr);gap:.1em .7em;padding:.38em 0;align-items:baseline;overflow-wrap:anywhere}
section .found li{border-top:1px solid var(--line);padding:.55em 0}.found a{font-size:.86rem;white-space:nowrap}
.tag{font-size:.72rem;font-weight:650;letter-spacing:.02em;border:1px solid;border-radius:999px;padding:.06em .6em;justify-self:start}
.tag.good{color:var(--good)}.tag.plain{color:var(--muted)}.tag.warn{color:var(--warn)}.tag.bad{color:var(--bad)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(230px,1fr));gap:12px;margin:18px 0 6px}
.kpi{margin:0;border:1px solid var(--line);border-radius:10px;padding:12px 14px;min-width:0;background:var(--card)}
.kpi dt{font-size:.8rem;color:var(--muted);line-height:1.3}.kpi dd{margin:0}.kpi .big{font-size:1.38rem;font-weight:650;letter-spacing:-.01em;line-height:1.35;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.kpi .sub{font-size:.8rem;color:var(--muted);line-height:1.35;overflow-wrap:anywhere}
figure{padding:18px 20px 16px;border-radius:12px;margin:0}figure figcaption{font-size:.84rem;line-height:1.45;margin-top:.8em;max-width:84ch}
.stack>*+*{margin-top:16px}section>h3{margin-top:1.6em}.grid{gap:16px}.grid.three{grid-template-columns:repeat(auto-fit,minmax(min(100%,310px),1fr))}section>.grid,section>figure,section>.stack,section>.wrap,section>details{margin:16px 0}
.rp{font-size:.84rem;font-variant-numeric:tabular-nums}
.rp-row{display:grid;grid-template-columns:var(--n) minmax(0,1fr) var(--v);grid-template-areas:"n p v";align-items:center;column-gap:14px}
.rp-row>.rp-plot,.rp-row>.hm,.rp-row>.rp-axis{grid-area:p}.rp-name{grid-area:n;min-width:0;line-height:1.2;padding:2px 0;overflow-wrap:anywhere}.rp-name small{display:block;color:var(--muted);font-size:.76rem;line-height:1.25}
.rp-value{grid-area:v;text-align:right;white-space:nowrap;font-size:.82rem}.rp-value.pos{color:var(--pos)}.rp-value.neg{color:var(--neg)}.rp-value.muted{color:var(--muted)}
.rp-plot,.hm{display:block;overflow:visible}.rp-axis{position:relative;height:1.5em;font-size:.74rem;color:var(--muted)}
.rp-axis span{position:absolute;top:.15em;transform:translateX(-50%);white-space:nowrap}.rp-axis span.first{transform:none}.rp-axis span.last{transform:translateX(-100%)}
.rp-guides .rp-axis{color:var(--b);font-weight:600}.rp-unit{text-align:center;font-size:.76rem;color:var(--muted)}
.three .rp-row{column-gap:10px;grid-template-columns:min(var(--n),8.4em) minmax(0,1fr) var(--v)}.three .rp-name,.three .rp-value{font-size:.78rem}.three .rp-axis span.alt{display:none}
.rule{margin-top:7px;padding-top:7px;border-top:1px solid var(--line)}
.band{fill:var(--soft);opacity:.2}.error{stroke-width:2;stroke-linecap:round}.mark{stroke-width:2.5}.hollow{fill:var(--card);stroke-width:2}
.solid{opacity:.88}.faint{opacity:.32}.guide{stroke:var(--b);stroke-width:1.5;stroke-dasharray:5 3}.base{stroke:var(--soft);stroke-width:1}
.whisker{stroke:var(--fg);stroke-width:1.4;opacity:.75}
.fc{fill:var(--c)}.fd{fill:var(--d)}.fgood{fill:var(--good)}.fbad{fill:var(--bad)}.good{stroke:var(--good)}svg .bad{stroke:var(--bad)}
.ta{color:var(--a)}.tb{color:var(--b)}.tc{color:var(--c)}.td{color:var(--d)}.tsoft{color:var(--muted)}
.key.dash{border-top-style:dashed}.key.block{height:.8em;width:.8em;border:0;border-radius:2px}
.hmap .rp-row{margin-bottom:3px}.hmap .rp-name{white-space:nowrap;overflow:hidden;text-overflow:ellipsis;padding:0;font-size:.8rem}.hm{border-radius:3px;background:var(--line)}
.hm rect{stroke:none}.hm .k0{fill:transparent}.hm.ta{--k:var(--a)}.hm.tb{--k:var(--b)}.hm.tbad{--k:var(--bad)}
.k1{fill:var(--k);opacity:.24}.k2{fill:var(--k);opacity:.4}.k3{fill:var(--k);opacity:.56}.k4{fill:var(--k);opacity:.74}.k5{fill:var(--k)}
.kbanned{fill:var(--bad)}.kout{fill:var(--soft);opacity:.35}.foldline{stroke:var(--fg);stroke-width:1;stroke-dasharray:3 2;opacity:.6}
.swatch{display:inline-block;width:.85em;height:.85em;border-radius:3px;vertical-align:-.08em;margin-right:.4em}
.plot{font-size:.76rem}.plot.lines{grid-template-columns:4.6em minmax(0,1fr) minmax(0,14em)}.plot.lines .unit{grid-column:2/-1;padding-left:0}
.plot.lines .y{grid-column:1}.plot.lines .area{grid-column:2}.plot.lines .ends{grid-column:3}.bandnames{grid-column:2;position:relative;height:1.4em}
.bandnames span{position:absolute;transform:translateX(-50%);white-space:nowrap}.ends{position:relative}
.ends span{position:absolute;left:8px;right:0;transform:translateY(-50%);white-space:nowrap;overflow:hidden;text-overflow:ellipsis;font-weight:600;font-size:.78rem}
.foldband{fill:none}.foldband.odd{fill:var(--soft);opacity:.12}.legend.narrow{display:none}.legend{line-height:1.7}.legend span{white-space:normal;overflow-wrap:anywhere;display:inline-block}
.line{stroke-width:2}.line.soft{stroke-width:1.3}
.river{display:grid;grid-template-columns:96px minmax(0,1fr);gap:6px;font-size:.86rem}.river li{position:relative}.river code{position:absolute;left:21rem;right:0;top:50%;transform:translateY(-50%);white-space:nowrap;overflow:hidden;text-overflow:ellipsis;color:var(--muted)}.river.told b,.river.told li span{max-width:20rem}.river ol{list-style:none;margin:0;padding:0}
.river li{height:var(--row);display:flex;flex-direction:column;justify-content:center;min-width:0;line-height:1.25}
.river b,.river li span{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}.river li i{font-style:normal;color:var(--muted);font-size:.78rem;margin-right:1.1em;font-variant-numeric:tabular-nums}
.river li i.neg{color:var(--neg);font-weight:600}
.stream{fill:none;stroke:var(--a);stroke-width:2.4;opacity:.36}.spring{fill:var(--a);stroke:var(--card);stroke-width:2}.spring.bad{fill:var(--bad)}
.seal{border:1px solid var(--line);border-radius:10px;padding:12px 16px;margin:16px 0;background:var(--card);max-width:none!important}.seal b{color:var(--good)}.seal.no b{color:var(--muted)}
section li,.box,details,h3,caption{overflow-wrap:anywhere}
pre{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;font-size:.82rem;line-height:1.5}pre code{overflow-wrap:normal}
summary{padding:.25em 0}.wrap{border-radius:10px}th,td{padding:6px 11px}td.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.8em}
details details{margin-left:1em}footer{margin-top:56px;padding-top:14px;border-top:1px solid var(--line);color:var(--muted);font-size:.84rem;overflow-wrap:anywhere}
@media(max-width:680px){body{padding:0 14px 48px}header{padding-top:22px}nav{margin:14px -14px 0;padding:9px 14px}
.verdict{padding:14px 15px 12px}.found li{grid-template-columns:minmax(0,1fr);gap:.2em}.cards{grid-template-columns:1fr 1fr;gap:9px}.kpi{padding:10px 11px}.kpi .big{font-size:1.14rem}
figure{padding:13px 12px 12px}.rp-row{grid-template-columns:minmax(0,1fr) auto;grid-template-areas:"n v" "p p";column-gap:10px}.rp-row>.rp-plot{margin-bottom:5px}.bare>.rp-plot{display:none}
.tight .rp-row{grid-template-columns:min(var(--n),8em) minmax(0,1fr) var(--v);grid-template-areas:"n p v"}.tight .rp-row>.rp-plot{margin:0}.tight .rp-name,.tight .rp-value{font-size:.76rem}
.rp-axis span.alt,.plot .x span.alt{display:none}
.hmap .rp-row{grid-template-columns:min(var(--n),7.6em) minmax(0,1fr) var(--v);grid-template-areas:"n p v";column-gap:8px}.hmap .rp-name,.hmap .rp-value{font-size:.72rem}
.plot.lines{grid-template-columns:3.9em minmax(0,1fr)}.ends{display:none}.legend.narrow{display:block}
.river code{display:none}.river.told b,.river.told li span{max-width:none}.river{margin-left:-6px}}
@media print{nav,.skip{display:none}details>*{display:block}}
`
