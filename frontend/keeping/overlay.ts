// Lays commands that the server has not answered over the chart as the server drew it: their needles stand in the rows,
// marked "saved on this device", the count reckons them in, and the next planned site comes under the keys.

import { clock, make, rows, say, waiting } from "./parts";
import { recount } from "./recount";
import type { Command, Row } from "./store";

const field = (command: Command, name: string): string => command.fields.find(([key]) => key === name)?.[1] ?? "";
const all = (command: Command, name: string): string[] => command.fields.filter(([key]) => key === name).map(([, value]) => value);

/** One command laid over the chart; a needle that the server has drawn already is left as it is. */
export function lay(command: Command): void {
  const at = command.at;
  switch (command.kind) {
    case "needle":
      command.rows.forEach((row) => addRow(command, row, command.id, command.words));
      break;
    case "set":
      command.rows.forEach((row) => addRow(command, row, `${command.id}-${row.key}`.slice(0, 64), ""));
      break;
    case "line":
      addRow(command, { key: "", name: command.words, side: "", region: "", regionWords: "", size: "", state: "line" }, command.id, say("lineLater"));
      break;
    case "asked":
      askedAgain(command);
      break;
    case "answer":
      settle(`li[data-code="${CSS.escape(field(command, "code"))}"][data-place="${CSS.escape(field(command, "place"))}"]`);
      break;
    case "fact":
      if (field(command, "fact_state") === "absent") settle(`li[data-fact="${CSS.escape(field(command, "fact_code"))}"]`);
      else stopIn(field(command, "fact_code"), all(command, "fact_area").filter(Boolean));
      break;
    case "all-out":
      countAfter();
      break;
    case "tally":
      tally(command);
      break;
    case "counted-out":
      for (const row of rows()) if (row.dataset.state === "in") setState(row, "out", command);
      break;
    case "count":
      for (const row of rows())
        if (all(command, "out").includes(row.dataset.number ?? "") || all(command, "out_id").includes(row.dataset.client ?? "")) setState(row, "out", command);
      document.getElementById("count-after")?.remove();
      break;
    case "out":
    case "left-in":
    case "fragment":
    case "strike":
    case "response": {
      const row = rows().find((one) => (field(command, "needle_id") ? one.dataset.client === field(command, "needle_id") : one.dataset.number === /needle\/(\d+)\//.exec(command.path)?.[1]));
      if (row) setState(row, ({ out: "out", "left-in": "left_in", fragment: "fragment", strike: "struck" } as Record<string, string>)[command.kind] ?? row.dataset.state ?? "", command);
    }
  }
  recount(at);
}

function addRow(command: Command, row: Row, id: string, words: string): void {
  const list = document.getElementById("needle-rows");
  if (!list || rows().some((one) => one.dataset.client === id)) return;
  const number = Math.max(0, ...rows().map((one) => Number(one.dataset.number))) + 1;
  const li = make("li", "", row.state === "in" ? "needle in" : "needle");
  Object.assign(li.dataset, { state: row.state, key: row.key, region: row.region, regionWords: row.regionWords, client: id, number, since: new Date(command.at).toISOString() });
  const line = li.appendChild(make("div", "", "needle-row"));
  const name = make("span");
  name.append(make("b", row.name), ` ${row.side}`);
  if (words) name.append(make("span", words, "resp"));
  if (row.how) name.append(make("span", row.how, "resp how"));
  name.append(here(command));
  line.append(make("span", String(number), "n"), name, make("small", row.size, "geo"));
  if (row.state === "in") li.append(outForm(command, id, number));
  const before = waiting();
  list.insertBefore(li, before[0] ?? null);
  if (row.key) before.find((one) => one.dataset.key === row.key)?.remove();
  waiting().forEach((one, i) => one.querySelector(".n")?.replaceChildren(String(number + i + 1)));
  const form = document.querySelector<HTMLFormElement>("#needle");
  if (form && command.kind === "needle") {
    const same = form.querySelector<HTMLInputElement>("input[name=same_as]");
    if (same) same.value = id;
    form.querySelector("button[value=same] small")?.replaceChildren(say("needle", { n: number }).toLowerCase());
    if (form.querySelector<HTMLInputElement>("input[name=site]")?.value === row.key) choose(waiting()[0]?.dataset.key ?? "");
  }
  if (command.kind === "set") document.querySelectorAll<HTMLInputElement>("#set input[name=site]").forEach((box) => box.value === row.key && box.closest(".set-row")?.remove());
  if (command.kind === "set" && !document.querySelector("#set input[name=site]")) document.getElementById("set")?.remove();
}

/** "saved on this device", until the server has this command. */
function here(command: Command): HTMLElement {
  const mark = make("span", say("here"), "resp here");
  mark.dataset.command = command.id;
  return mark;
}

/** What has arrived meanwhile is no longer said to be on this device only. */
export function arrived(still: Set<string>): void {
  for (const mark of document.querySelectorAll<HTMLElement>(".here[data-command]")) if (!still.has(mark.dataset.command ?? "")) mark.remove();
}

function outForm(command: Command, id: string, number: number): HTMLElement {
  const form = make("form", "", "row-out") as HTMLFormElement;
  form.method = "post";
  form.action = `${command.path.replace(/(\/visit\/\d+\/).*/, "$1")}needle/0/out/`;
  const button = make("button", say("out"), "second");
  button.setAttribute("aria-label", say("needleOut", { n: number }));
  form.append(hidden("needle_id", id), button);
  return form;
}

function hidden(name: string, value: string): HTMLInputElement {
  return Object.assign(document.createElement("input"), { type: "hidden", name, value });
}

function setState(row: HTMLElement, state: string, command: Command): void {
  if (state === "out" && row.dataset.state === "struck") return;
  row.dataset.state = state;
  row.classList.toggle("in", state === "in");
  row.classList.toggle("odd", !["in", "out"].includes(state));
  if (state !== "in") row.querySelector(".row-out")?.remove();
  const said = row.querySelector(".needle-row > span:nth-child(2)");
  const words = command.words.replace(/^\d+ [^:]*: /, "");
  said?.append(make("span", `${words}, ${clock(command.at)}`, "resp"));
  said?.append(here(command));
}

/** Another planned site under the keys, with what must be said before its needle. */
export function choose(key: string): boolean {
  const form = document.querySelector<HTMLFormElement>("#needle");
  if (!form) return false;
  const li = waiting().find((one) => one.dataset.key === key);
  if (key && !li) return false;
  for (const one of waiting()) {
    const isNext = one === li;
    one.toggleAttribute("aria-current", isNext);
    if (isNext) one.setAttribute("aria-current", "step");
    one.className = isNext ? "needle in next" : "needle carried";
  }
  form.reset();
  takeAwayCurrent(); // it is said anew for each needle
  form.querySelectorAll<HTMLInputElement>("input[name=in_at]").forEach((one) => (one.value = ""));
  form.hidden = !li;
  document.getElementById("no-site-left")?.remove();
  if (!li) {
    form.after(Object.assign(make("p", say("allSites"), "empty"), { id: "no-site-left" }));
    return true;
  }
  const site = form.querySelector<HTMLInputElement>("input[name=site]");
  if (site) site.value = key;
  for (const [id, more] of [["with-current", "&technique=electrical"], ["without-current", ""]] as const) {
    const link = document.getElementById(id)?.cloneNode(true) as HTMLElement | undefined; // htmx keeps the address that it first saw
    if (!link) continue;
    link.setAttribute("href", `?site=${encodeURIComponent(key)}${more}`);
    document.getElementById(id)?.replaceWith(link);
    window.htmx.process(link);
  }
  document.querySelector(".now-panel h2")?.replaceChildren(`${li.dataset.name ?? ""}, ${li.dataset.side ?? ""}`);
  const depth = document.querySelector<HTMLInputElement>("#id_depth_mm");
  if (depth) depth.defaultValue = depth.value = li.dataset.depth ?? "";
  const size = document.querySelector<HTMLSelectElement>("#id_size");
  if (size && li.dataset.size) {
    if (![...size.options].some((option) => option.value === li.dataset.size)) size.add(new Option(li.dataset.size.replace("@", " · "), li.dataset.size));
    for (const option of size.options) option.defaultSelected = option.selected = option.value === li.dataset.size;
  }
  const ahead = [...document.querySelectorAll<HTMLTemplateElement>("template.ahead")].find((one) => one.dataset.key === key);
  if (ahead) document.getElementById("cautions")?.replaceWith(ahead.content.cloneNode(true));
  block(Boolean(ahead?.dataset.blocked));
  return true;
}

/** The needle under the keys with current, or without it again, and what must be said before it; false when that is not here. */
export function withCurrent(key: string, isOn: boolean): boolean {
  const form = document.querySelector<HTMLFormElement>("#needle");
  const list = document.getElementById("cautions");
  const fields = document.querySelector<HTMLTemplateElement>("#current-fields");
  const said = [...document.querySelectorAll<HTMLTemplateElement>("template.with-current")].find((one) => one.dataset.key === key);
  if (!form || !list || !fields || !said || form.querySelector<HTMLInputElement>("input[name=site]")?.value !== key) return false;
  const isNow = form.querySelector("[data-current]") !== null;
  if (isNow === isOn) return isOn;
  takeAwayCurrent();
  if (isOn) {
    form.prepend(fields.content.cloneNode(true));
    list.prepend(said.content.cloneNode(true));
    document.getElementById("with-current")?.toggleAttribute("hidden", true);
    document.getElementById("without-current")?.removeAttribute("hidden");
  }
  block(mustSay(list));
  document.getElementById(isOn ? "without-current" : "with-current")?.focus({ preventScroll: true });
  return true;
}

function takeAwayCurrent(): void {
  for (const one of document.querySelectorAll("[data-current]")) one.remove();
  document.getElementById("without-current")?.toggleAttribute("hidden", true);
  document.getElementById("with-current")?.removeAttribute("hidden");
}

/** The keys behind a fold while something must be said first, as the server draws them. */
function block(isBlocked: boolean): void {
  const form = document.querySelector<HTMLFormElement>("#needle");
  const fold = form?.closest(".blocked-keys");
  if (!form || isBlocked === Boolean(fold)) return;
  if (fold) return fold.replaceWith(form);
  const sheet = make("div", "", "sheet stack blocked-keys");
  const line = make("p");
  line.append(make("b", say("blockedWord")));
  const details = make("details", "", "fold");
  details.append(make("summary", say("alreadyIn")));
  form.replaceWith(sheet);
  details.append(form);
  sheet.append(line, details);
}

/** An ask that was answered, or what a fact said that is not so: gone here and before every later site. */
function settle(which: string): void {
  for (const one of document.querySelectorAll(which)) one.remove();
  const later = document.querySelector<HTMLTemplateElement>("#once-asked")?.content; // what opens after the short list
  for (const ahead of [document, later].flatMap((place) => [...(place?.querySelectorAll<HTMLTemplateElement>("template.ahead, template.with-current") ?? [])])) {
    for (const one of ahead.content.querySelectorAll(which)) one.remove();
    if (!mustSay(ahead.content)) ahead.dataset.blocked = "";
  }
  openIfSettled();
}

/** Areas that were named of a fact: an ask there is a STOP now, which no reason settles. */
function stopIn(fact: string, named: string[]): void {
  const box = (area: string) => document.querySelector<HTMLElement>(`input[name=fact_area][value="${CSS.escape(area)}"]`);
  const areas = named.flatMap((area) => (box(area)?.dataset.covers ?? area).split(" "));
  const word = document.querySelector<HTMLElement>("[data-stop]")?.dataset.stop ?? "!";
  const stop = (inside: ParentNode, key: string): boolean => {
    const side = key.split(":").at(-1) ?? "";
    const here = [...inside.querySelectorAll<HTMLElement>(`li.caution.ask[data-fact="${CSS.escape(fact)}"][data-place]`)].filter((one) =>
      areas.some((area) => (side === "midline" ? area.startsWith(`${one.dataset.place}:`) : area === `${one.dataset.place}:${side}`)),
    );
    for (const one of here) {
      one.className = "caution stop";
      one.removeAttribute("data-code");
      one.querySelector("form.reasons")?.remove();
      one.querySelector(".sign")?.replaceWith(make("span", word, "sign stop"));
    }
    return here.length > 0;
  };
  const later = document.querySelector<HTMLTemplateElement>("#once-asked")?.content;
  for (const ahead of [document, later].flatMap((place) => [...(place?.querySelectorAll<HTMLTemplateElement>("template.ahead") ?? [])]))
    if (stop(ahead.content, ahead.dataset.key ?? "")) ahead.dataset.blocked = "1";
  const list = document.getElementById("cautions");
  if (list && stop(list, document.querySelector<HTMLInputElement>("#needle input[name=site]")?.value ?? "")) block(true);
}

function mustSay(inside: ParentNode): boolean {
  return inside.querySelector("li.caution.stop, li.caution.ask[data-code], form.consent") !== null;
}

function openIfSettled(): void {
  const list = document.getElementById("cautions");
  if (list && !mustSay(list)) block(false);
}

/** The short list answered: the working part opens; what is new on it is said, for the server is not there to reckon. */
function askedAgain(command: Command): void {
  const form = document.querySelector<HTMLFormElement>("#reask");
  const yes = command.fields.filter(([name, value]) => name.startsWith("fact:") && value === "present").map(([name]) => name.slice(5));
  const fresh = yes.filter((code) => !form?.querySelector<HTMLInputElement>(`input[name="fact:${CSS.escape(code)}"][value=present]`)?.defaultChecked);
  const words = fresh.map((code) => document.getElementById(`fact-${code}`)?.textContent?.trim() ?? code);
  const working = document.querySelector<HTMLTemplateElement>("#once-asked");
  if (working) {
    form?.remove();
    working.replaceWith(working.content.cloneNode(true));
    const visit = document.getElementById("visit");
    if (visit) window.htmx.process(visit);
    openIfSettled();
  }
  document.getElementById("new-facts")?.remove();
  if (!fresh.length) return;
  const line = Object.assign(make("p", "", "caution stop"), { id: "new-facts" });
  line.append(make("span", "!", "sign stop"), make("span", say("newFacts", { facts: words.join(", ") })));
  document.getElementById("visit")?.prepend(line);
}

/** "All out now": removal first, then the count, every open needle by its number. */
function countAfter(): void {
  if (document.getElementById("count-after")) return;
  const chart = document.querySelector("needle-chart");
  const visit = document.querySelector<HTMLFormElement>("#visit-foot form[action$='/all-out/']");
  if (!chart || !visit) return;
  const form = Object.assign(make("form", "", "sheet stack full"), { id: "count-after" }) as HTMLFormElement;
  form.method = "post";
  form.action = visit.action.replace(/all-out\/$/, "count/");
  const set = make("fieldset");
  set.append(make("legend", say("tickOut")));
  for (const row of rows().filter((one) => ["in", "fragment"].includes(one.dataset.state ?? ""))) {
    const label = make("label", "", "choice");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", name: row.querySelector(".needle-more") ? "out" : "out_id", value: row.querySelector(".needle-more") ? row.dataset.number ?? "" : row.dataset.client ?? "" });
    label.append(box, ` ${row.dataset.number ?? ""} · ${row.querySelector("b")?.textContent ?? ""}`);
    set.append(label);
  }
  form.append(make("h2", say("allOut")), set, make("button", say("counted"), "act glove"));
  chart.prepend(form);
}

/** Needles opened, or in the box, as they were counted by hand on this device: beside the count, and where closing asks. */
function tally(command: Command): void {
  const which = field(command, "which");
  const typed = field(command, which);
  const step = Number(field(command, "step"));
  const form = document.querySelector<HTMLFormElement>(`#tally form:has([name="${CSS.escape(which)}"])`);
  const [now, was] = [form?.querySelector<HTMLInputElement>(`[name="${CSS.escape(which)}"]`), form?.querySelector<HTMLInputElement>("[name=was]")];
  if (!form || !now || !was) return;
  const before = typed === field(command, "was") ? was.value : typed;
  const counted = step ? String(Math.min(500, Math.max(0, Number(before) + step))) : typed;
  now.value = now.defaultValue = was.value = counted;
  const asked = document.querySelector<HTMLInputElement>(`#id_${CSS.escape(which)}`);
  if (asked) asked.value = asked.defaultValue = counted;
}
