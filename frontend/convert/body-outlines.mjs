// Converts the body outlines of react-muscle-highlighter (MIT) once into src/myotome/pages/plates/outlines.json.
// Run by hand after an upgrade of that package: node convert/body-outlines.mjs
//
// The package's "left" is the viewer's left in both views. Here every part carries the PATIENT's side: in the back view
// they agree, in the front view they are swapped. Numbers are rounded to a tenth; each part gets the box of its points.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

const require = createRequire(import.meta.url);
const assets = resolve(import.meta.dirname, "../node_modules/react-muscle-highlighter/dist/cjs");
const wrapper = readFileSync(`${assets}/components/SvgMaleWrapper.js`, "utf8");
const out = { source: "react-muscle-highlighter 1.2.0, MIT, (c) 2024 My Muscle Contributors", views: {} };
const SWAPPED = { left: "right", right: "left", common: "midline" };
const SAME = { left: "left", right: "right", common: "midline" };
const ARGUMENTS = { m: 2, l: 2, h: 1, v: 1, c: 6, s: 4, q: 4, t: 2, a: 7, z: 0 };
const tenth = (x) => Math.round(x * 10) / 10;

function tokens(d) {
  const list = [];
  for (const [, letter, rest] of d.matchAll(/([a-zA-Z])([^a-zA-Z]*)/g)) {
    const numbers = [];
    let text = rest;
    const size = ARGUMENTS[letter.toLowerCase()];
    while (text.trim()) {
      const flag = letter.toLowerCase() === "a" && [3, 4].includes(numbers.length % 7);
      const match = (flag ? /^[\s,]*([01])/ : /^[\s,]*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)/).exec(text);
      if (!match) break;
      numbers.push(Number(match[1]));
      text = text.slice(match[0].length);
    }
    if (size === 0) list.push([letter, []]);
    for (let i = 0; size && i < numbers.length; i += size)
      list.push([i > 0 && letter === "m" ? "l" : i > 0 && letter === "M" ? "L" : letter, numbers.slice(i, i + size)]);
  }
  return list;
}

function box(d) {
  let x = 0, y = 0, x0 = 0, y0 = 0;
  const xs = [], ys = [];
  for (const [letter, n] of tokens(d)) {
    const low = letter.toLowerCase(), rel = letter === low, [px, py] = [x, y];
    if (low === "z") { [x, y] = [x0, y0]; continue; }
    if (low === "h") x = rel ? x + n[0] : n[0];
    else if (low === "v") y = rel ? y + n[0] : n[0];
    else {
      if (low !== "a") for (let i = 0; i < n.length - 2; i += 2) { xs.push((rel ? px : 0) + n[i]); ys.push((rel ? py : 0) + n[i + 1]); }
      x = (rel ? px : 0) + n.at(-2); y = (rel ? py : 0) + n.at(-1);
    }
    if (low === "m") [x0, y0] = [x, y];
    xs.push(x); ys.push(y);
  }
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)].map(tenth);
}

const short = (d) => tokens(d).map(([letter, n]) => letter + n.map((v, i) => (letter.toLowerCase() === "a" && (i % 7 === 3 || i % 7 === 4) ? v : tenth(v))).join(" ")).join("");

for (const [view, file, sides] of [["front", "bodyFront", SWAPPED], ["back", "bodyBack", SAME]]) {
  const parts = [];
  for (const { slug, path } of Object.values(require(`${assets}/assets/${file}.js`))[0])
    for (const [side, list] of Object.entries(path))
      list.forEach((d, n) => parts.push({ slug, side: sides[side], n, box: box(d), d: short(d) }));
  const outline = new RegExp(`side === "${view}" &&.*?d: "([^"]+)"`).exec(wrapper)[1];
  out.views[view] = { outline: short(outline), parts };
}
const target = resolve(import.meta.dirname, "../../src/myotome/pages/plates/outlines.json");
writeFileSync(target, JSON.stringify(out).replaceAll('{"slug"', '\n{"slug"') + "\n");
