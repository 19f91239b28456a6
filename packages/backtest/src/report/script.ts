/** The few lines of JavaScript of the page. Without them everything is there and readable: they only sort and point. */

/** Sorts tables by their headers (`data-v` of a cell, else its text), and shows the values under the pointer. */
export const SCRIPT = `
for(const table of document.querySelectorAll('table.sort')){
const heads=[...table.tHead.rows[0].cells];
heads.forEach((th,c)=>{const b=document.createElement('button');b.type='button';b.textContent=th.textContent;th.textContent='';th.append(b);
b.addEventListener('click',()=>{const up=th.getAttribute('aria-sort')==='descending';heads.forEach(h=>h.removeAttribute('aria-sort'));
th.setAttribute('aria-sort',up?'ascending':'descending');const body=table.tBodies[0];
const key=r=>{const d=r.cells[c];return d.dataset.v===undefined?d.textContent:d.dataset.v===''?-Infinity:Number(d.dataset.v)};
const rows=[...body.rows].map(r=>[key(r),r]);
rows.sort((a,b)=>{const o=typeof a[0]==='number'&&typeof b[0]==='number'?a[0]-b[0]:String(a[0]).localeCompare(String(b[0]));return up?o:-o});
body.append(...rows.map(r=>r[1]))})})}
const data=document.getElementById('points');
if(data){const points=JSON.parse(data.textContent);const out=document.getElementById('readout');
for(const area of document.querySelectorAll('.follow')){
const line=document.createElement('i');line.className='cursor';area.append(line);
area.addEventListener('pointermove',e=>{const box=area.getBoundingClientRect();
const share=Math.min(1,Math.max(0,(e.clientX-box.left)/box.width));const at=points.from+share*(points.to-points.from);
let low=0,high=points.rows.length-1;while(low<high){const m=(low+high)>>1;if(points.rows[m][0]<at)low=m+1;else high=m}
const r=points.rows[low];if(!r)return;line.style.display='block';line.style.left=share*100+'%';
out.textContent=r[1]+'   equity '+r[2]+'   drawdown '+r[3]});
area.addEventListener('pointerleave',()=>{line.style.display='none'})}}
`
