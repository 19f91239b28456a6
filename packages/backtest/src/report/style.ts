/** Looks of the report page: light and dark, one column on a phone. Text sits on plain surfaces with a contrast of 4.5 or more. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--muted:#57606a;--line:#d8dee4;--card:#f6f8fa;--pos:#1a7f37;--neg:#cf222e;
--warn:#9a6700;--a:#0969da;--b:#bc4c00;--c:#1a7f37;--d:#8250df;--soft:#6e7781}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--muted:#9aa4af;--line:#30363d;--card:#161b22;--pos:#4ac26b;
--neg:#ff7b72;--warn:#d29922;--a:#58a6ff;--b:#f0883e;--c:#3fb950;--d:#bc8cff;--soft:#8b949e}}
*{box-sizing:border-box}html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:1240px;padding:18px 20px 60px;background:var(--bg);color:var(--fg);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:.1em 0 .3em}h2{font-size:1.15rem;margin:2.2em 0 .6em;padding-top:.4em;border-top:1px solid var(--line)}
h3{font-size:.95rem;margin:0 0 .5em}p{margin:.35em 0}a{color:var(--a)}
.muted{color:var(--muted)}.small{font-size:.85rem}.pos{color:var(--pos)}.neg{color:var(--neg)}.num{font-variant-numeric:tabular-nums}
nav{display:flex;flex-wrap:wrap;gap:.2em 1em;font-size:.88rem;margin:.8em 0}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.15em 1em;margin:.6em 0;font-size:.9rem}
.facts dt{color:var(--muted)}.facts dd{margin:0;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(170px,1fr));gap:10px;margin:14px 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:9px 12px;min-width:0}
.tile .name{color:var(--muted);font-size:.8rem}.tile .value{font-size:1.3rem;font-weight:600;font-variant-numeric:tabular-nums;line-height:1.3}
.tile .na{font-size:1.05rem;font-weight:600;color:var(--muted)}.tile .range{font-size:.78rem;color:var(--muted);font-variant-numeric:tabular-nums}
.box{border:1px solid var(--line);border-left-width:5px;border-radius:8px;padding:10px 14px;margin:12px 0;background:var(--card)}
.box.pass{border-left-color:var(--pos)}.box.warn{border-left-color:var(--warn)}.box.fail{border-left-color:var(--neg)}
.box ul{margin:.3em 0;padding-left:1.2em}.box li{margin:.15em 0}
.mark{display:inline-block;min-width:3.6em;font-weight:600}.mark.pass{color:var(--pos)}.mark.warn{color:var(--warn)}.mark.fail{color:var(--neg)}
.grid{display:grid;gap:14px;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));align-items:start}
figure{margin:0;padding:12px;background:var(--card);border:1px solid var(--line);border-radius:8px;min-width:0}
figure figcaption{color:var(--muted);font-size:.82rem;margin-top:.5em}
.plot{display:grid;grid-template-columns:4.4em minmax(0,1fr);font-size:.74rem;color:var(--muted)}
.plot+.plot{margin-top:10px}.plot .y,.plot .x{position:relative}.plot .x{height:1.7em;grid-column:2}
.plot .y span{position:absolute;right:.5em;transform:translateY(-50%);white-space:nowrap;font-variant-numeric:tabular-nums}
.plot .x span{position:absolute;top:.3em;transform:translateX(-50%);white-space:nowrap;font-variant-numeric:tabular-nums}
.plot .x span.first{transform:none}.plot .x span.last{transform:translateX(-100%)}
.plot svg{display:block;width:100%;height:100%;overflow:visible}.plot .area{height:var(--h);position:relative}
.plot .unit{grid-column:1/-1;padding:0 0 .4em}
svg path,svg line{vector-effect:non-scaling-stroke}
.gridline{stroke:var(--line);stroke-width:1}.zero{stroke:var(--soft);stroke-width:1;stroke-dasharray:4 3}
.line{fill:none;stroke-width:1.6;stroke-linejoin:round}.dash{stroke-dasharray:5 4}.fill{opacity:.22;stroke:none}.dots{fill:none;stroke-width:5;stroke-linecap:round;opacity:.55}
.a{stroke:var(--a)}.b{stroke:var(--b)}.c{stroke:var(--c)}.d{stroke:var(--d)}.soft{stroke:var(--soft)}.up{stroke:var(--pos)}.down{stroke:var(--neg)}
.fa{fill:var(--a)}.fb{fill:var(--b)}.fup{fill:var(--pos)}.fdown{fill:var(--neg)}.fsoft{fill:var(--soft)}.bars{opacity:.8}
.legend{font-size:.8rem;color:var(--muted);margin:.4em 0 0}.legend span{margin-right:1em;white-space:nowrap}
.key{display:inline-block;width:1.1em;height:0;border-top:3px solid;vertical-align:middle;margin-right:.4em}
.key.a{border-color:var(--a)}.key.b{border-color:var(--b)}.key.c{border-color:var(--c)}.key.d{border-color:var(--d)}.key.soft{border-color:var(--soft)}.key.up{border-color:var(--pos)}.key.down{border-color:var(--neg)}
.switch{position:absolute;opacity:0;pointer-events:none}
.tabs label{display:inline-block;padding:.1em .7em;border:1px solid var(--line);border-radius:999px;font-size:.8rem;cursor:pointer;margin-right:.4em}
.log{display:none}#scale-log:checked~.lin{display:none}#scale-log:checked~.log{display:block}
#scale-lin:checked~.tabs label[for=scale-lin],#scale-log:checked~.tabs label[for=scale-log]{background:var(--a);border-color:var(--a);color:var(--bg)}
.switch:focus-visible~.tabs label{outline:2px solid var(--a);outline-offset:1px}
.readout{min-height:1.4em;font-size:.82rem;font-variant-numeric:tabular-nums}.cursor{position:absolute;top:0;bottom:0;width:1px;background:var(--soft);pointer-events:none;display:none}
.wrap{overflow-x:auto;border:1px solid var(--line);border-radius:8px;margin:.4em 0;max-width:100%}.wrap.tall{max-height:70vh;overflow-y:auto}
table{border-collapse:collapse;width:100%;font-size:.84rem;font-variant-numeric:tabular-nums;white-space:nowrap}
caption{text-align:left;padding:8px 10px;font-weight:600;font-size:.9rem;white-space:normal}
caption span{position:sticky;left:10px;display:inline-block;max-width:calc(100vw - 60px)}.map th[scope=col]{text-align:center}
th,td{padding:4px 10px;text-align:right;border-top:1px solid var(--line)}th{background:var(--card);font-weight:600}
.tall thead th{position:sticky;top:0;z-index:1}th.t,td.t{text-align:left}td.long{white-space:normal;min-width:16em}
th button{all:unset;cursor:pointer;font:inherit}th button:focus-visible{outline:2px solid var(--a)}
th[aria-sort=ascending] button::after{content:" \\25B2"}th[aria-sort=descending] button::after{content:" \\25BC"}
td.heat{text-align:center}td.heat small{display:block;color:var(--muted)}td.heat.none{color:var(--muted)}
.bar{display:inline-block;height:.75em;border-radius:2px;vertical-align:middle;min-width:1px}.bar.pos{background:var(--pos)}.bar.neg{background:var(--neg)}
details{margin:.6em 0}summary{cursor:pointer;color:var(--a)}code{font-size:.86em;overflow-wrap:anywhere}
.two{columns:2 360px;column-gap:28px;font-size:.85rem}.two p{break-inside:avoid}
@media(max-width:600px){body{padding:12px 12px 40px;font-size:14.5px}.tiles{grid-template-columns:1fr 1fr;gap:8px}.tile{padding:8px 9px}
.tile .value{font-size:1.12rem}.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.35em}figure{padding:9px}.plot{grid-template-columns:3.7em minmax(0,1fr)}th,td{padding:4px 7px}}
@media print{nav,.tabs,.readout{display:none}.wrap.tall{max-height:none}figure,.tile,.box{break-inside:avoid}}
`
