// SPDX-License-Identifier: Apache-2.0
// The style sheet of the pages: one column, the system's own font, light, dark and print.
#pragma once

namespace postern::page {

inline constexpr char kStyle[] = R"css(
:root{color-scheme:light dark;--ground:#f3f5f2;--paper:#fff;--ink:#1c2826;--soft:#44524f;--line:#d3dbd7;
--deep:#0f4f4a;--on-deep:#fff;--tint:#e6f0ed;--warm:#fdf3e1;--warm-line:#b9770e}
@media (prefers-color-scheme:dark){:root{--ground:#121918;--paper:#1b2423;--ink:#e8eeec;--soft:#b4c1bd;--line:#384643;
--deep:#8fd0c6;--on-deep:#0d1f1d;--tint:#20312e;--warm:#332a18;--warm-line:#e0a84a}}
*{box-sizing:border-box}
html{font:1.0625rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);overflow-wrap:break-word}
header,main,footer{max-width:43rem;margin-inline:auto;padding-inline:1.25rem}
header{padding-block:1rem .5rem;display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;
column-gap:1.5rem}
header p{margin:0;font-weight:600;color:var(--deep)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem;margin:0;padding:0;list-style:none}
nav li{margin:0}
nav a{display:inline-flex;align-items:center;min-height:2.75rem;padding-inline:.6rem;font-size:.9375rem;border-radius:.4rem}
nav a[aria-current]{color:var(--ink);text-decoration:none;background:var(--tint)}
main{background:var(--paper);border:1px solid var(--line);border-radius:.75rem;padding-block:1.75rem 1rem}
footer{padding-block:1rem 2rem;color:var(--soft);font-size:.9375rem}
h1{font-size:1.75rem;line-height:1.25;margin:0 0 .75rem;text-wrap:balance}
h2{font-size:1.25rem;line-height:1.35;margin:0 0 .5rem}
h3{font-size:1.0625rem;margin:1.25rem 0 .25rem}
p{margin:0 0 .75rem}
.lead{font-size:1.125rem}
section{border-top:1px solid var(--line);padding-block:1.25rem .5rem;margin-top:1rem}
a{color:var(--deep);text-underline-offset:.15em}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.35rem 1.25rem;margin:0 0 .75rem}
dt{color:var(--soft)}
dd{margin:0}
code,.ref{font:600 1em/1.4 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}
code,.ref{white-space:nowrap}
ol,ul{margin:0 0 .75rem;padding-inline-start:1.4rem}
li{margin-bottom:.3rem}
table{border-collapse:collapse;width:100%;margin:0 0 .75rem;font-variant-numeric:tabular-nums}
caption{text-align:start;color:var(--soft);padding-bottom:.25rem}
th,td{text-align:start;padding:.35rem .75rem .35rem 0;border-top:1px solid var(--line)}
th{font-weight:600}
td:first-child{white-space:nowrap}
.note{background:var(--tint);border:0;border-inline-start:.3rem solid var(--deep);border-radius:.4rem;padding:.8rem 1rem;
margin:1rem 0}
.note.care{background:var(--warm);border-inline-start-color:var(--warm-line)}
section.note{padding-block:1.1rem .9rem}
p.note{padding-block:.7rem}
.note p:last-child{margin:0}
label{display:block;font-weight:600}
.hint{color:var(--soft);margin:0 0 .4rem}
input{font:inherit;width:100%;max-width:22rem;min-height:2.75rem;padding:.4rem .7rem;color:var(--ink);
background:var(--paper);border:1px solid var(--soft);border-radius:.4rem}
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.3rem;margin-block:.5rem;cursor:pointer;
color:var(--on-deep);background:var(--deep);border:2px solid var(--deep);border-radius:.4rem}
button.quiet{color:var(--deep);background:transparent}
button:hover{text-decoration:underline}
.say{margin:0 0 1.1rem;padding:0;border:0}
.say p{margin:0}
:focus-visible{outline:3px solid var(--deep);outline-offset:3px}
@media (max-width:34rem){header,main,footer{padding-inline:1rem}main{border-inline:0;border-radius:0}
h1{font-size:1.5rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}button{width:100%}}
@media (forced-colors:active){button{border-color:ButtonText}}
@media print{:root{--ground:#fff;--paper:#fff;--ink:#000;--soft:#222;--line:#999;--deep:#000;--tint:#fff;--warm:#fff}
html{font-size:10.5pt;line-height:1.4}main{border:0;padding:0}form,.screen{display:none}
section,.note{break-inside:avoid}.note{border:1px solid #999}}
)css";

}  // namespace postern::page
