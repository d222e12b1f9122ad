// The count ring, the regions and the timer as the rows of the chart now stand, as the server draws them.

import { make, rows, say, waiting } from "./parts";

/** The count in and out, by region too, as the rows now stand. */
export function recount(at: number): void {
  const now = rows();
  const n = (...states: string[]) => now.filter((row) => states.includes(row.dataset.state ?? "")).length;
  const isIn = n("in", "fragment");
  const ring = document.querySelector(".now-panel svg.ring");
  if (ring) drawRing(ring, isIn, n("out"), n("left_in", "missing"), waiting().length);
  const heading = document.querySelector(".now-panel h2");
  if (heading && !document.querySelector("#needle input[name=site]")) heading.textContent = say(isIn === 1 ? "headingOne" : "headingMany", { n: isIn });
  const panel = ring?.nextElementSibling;
  const places = new Map<string, HTMLElement[]>();
  for (const row of now) if (row.dataset.region && row.dataset.state !== "struck") places.set(row.dataset.region, [...(places.get(row.dataset.region) ?? []), row]);
  if (panel && places.size) {
    let body = panel.querySelector<HTMLElement>("tbody");
    if (!body) {
      panel.querySelector("p.small")?.remove();
      const table = panel.appendChild(make("table", "", "by-region"));
      body = table.appendChild(make("tbody"));
    }
    body.replaceChildren(
      ...[...places.values()].map((here) => {
        const count = (...states: string[]) => here.filter((row) => states.includes(row.dataset.state ?? "")).length;
        const line = make("tr", "", count("in", "fragment") ? "open" : "");
        const head = make("th", here[0]?.dataset.regionWords ?? "");
        head.setAttribute("scope", "row");
        // In is what went in and out what came out, as the server counts.
        const left = count("left_in");
        line.append(head, make("td", say("regionIn", { n: here.length })), make("td", say("regionOut", { n: count("out") }) + (left ? `, ${say("regionLeft", { n: left })}` : "")));
        return line;
      }),
    );
  }
  timer(now, at);
  foot(isIn);
}

/** The count in the foot, which stays in sight whatever stands above: how many are in and since when. */
function foot(isIn: number): void {
  const place = document.getElementById("foot-count");
  if (!place) return;
  place.hidden = !isIn;
  place.querySelector("b")?.replaceChildren(say("regionIn", { n: isIn }));
  const oldest = document.querySelector<HTMLElement>(".now-panel .clock .timer");
  const time = make("time", oldest?.textContent ?? "", oldest?.className ?? "timer");
  for (const name of ["since", "dueS"]) if (oldest?.dataset[name]) time.dataset[name] = oldest.dataset[name];
  place.querySelector(".timer")?.replaceWith(time);
}

function timer(now: HTMLElement[], at: number): void {
  const since = now.filter((row) => ["in", "fragment"].includes(row.dataset.state ?? "")).map((row) => Date.parse(row.dataset.since ?? "") || at);
  let place = document.querySelector<HTMLElement>(".now-panel .clock");
  if (!since.length) return place?.remove();
  if (!place) {
    place = make("div", "", "clock");
    const time = make("time", "0:00", "timer");
    const visit = document.getElementById("visit");
    place.append(time);
    if (visit?.dataset.mode !== "ims") {
      Object.assign(time.dataset, { dueS: visit?.dataset.restS ?? "", word: "out-now" });
      const late = make("p");
      late.append(Object.assign(make("strong", say("outNow"), "late"), { id: "out-now", hidden: true }));
      place.append(late);
    }
    document.querySelector(".now-panel")?.append(place);
    place.closest("needle-chart")?.dispatchEvent(new CustomEvent("needles-are-in"));
  }
  const time = place.querySelector<HTMLElement>(".timer");
  if (time) time.dataset.since = new Date(Math.min(...since)).toISOString();
}

/** The same ring as pages/plates/instruments.py draws. */
function drawRing(ring: Element, isIn: number, out: number, odd: number, planned: number): void {
  const kinds = [...Array<string>(out).fill("out"), ...Array<string>(isIn).fill("in"), ...Array<string>(odd).fill("odd"), ...Array<string>(planned).fill("planned")];
  if (!kinds.length) kinds.push("planned");
  const step = (2 * Math.PI) / kinds.length;
  const gap = kinds.length <= 60 ? 0.052 : 0;
  const still = isIn + odd;
  const draw = (name: string, attributes: Record<string, string>, text = ""): Element => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };
  const parts = kinds.map((kind, i) => {
    if (kinds.length === 1) return draw("circle", { class: kind, cx: "56", cy: "56", r: "46" });
    const [from, to] = [i * step + gap, (i + 1) * step - gap];
    const point = (angle: number) => `${(56 + 46 * Math.sin(angle)).toFixed(1)} ${(56 - 46 * Math.cos(angle)).toFixed(1)}`;
    return draw("path", { class: kind, d: `M${point(from)}A46 46 0 ${to - from > Math.PI ? 1 : 0} 1 ${point(to)}` });
  });
  const word = still ? say(still === 1 ? "inOne" : "inMany") : say(out ? "noneIn" : "noneYet");
  ring.setAttribute("aria-label", say("ring", { n_in: still, n_out: out, n_planned: planned }));
  ring.replaceChildren(...parts, draw("text", { class: "count", x: "56", y: "62" }, String(still)), draw("text", { class: "word", x: "56", y: "79" }, word));
}
