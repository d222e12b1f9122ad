// A visit that goes on without the network: every act of the chart is first saved on this device, then sent; the page
// says at every moment what is on the device and what is on the server. See docs/explanation/without-network.md.
//
// Without script, without a secure address or without a worker everything works as plain forms do.

import { commandOf, renew } from "./acts";
import { addCommand, PATIENCE_MS, sendWaiting, type Outcome } from "./commands";
import { atTheDoor, pinForm, withoutNetwork } from "./door";
import { chartAt, keepAnswer } from "./keep";
import { lock, openByServer } from "./lock";
import { arrived, choose, lay, withCurrent } from "./overlay";
import { panel, saved } from "./panel";
import { make, say } from "./parts";
import { canKeep, commands, dropCommand, forgetChartsBut, keepAbove, keptVisits, setAbove, type Command } from "./store";

const EVERY_MS = 15_000;
const KEPT_ANEW_MS = 5 * 60_000;
const chartOf = (): HTMLElement | null => document.querySelector<HTMLElement>("#visit[data-visit]");

let user = "";
let isAway = false;
let awayAt = 0;
let mustLogIn = false;
let fresh = ""; // the newest chart from the server, while she is in the middle of a needle
const taking = new Set<string>();

export function startDevice(): void {
  if (canKeep()) {
    void withoutNetwork();
    void atTheDoor();
    pinForm();
  }
  const device = document.getElementById("device");
  document.addEventListener("htmx:sendError", (event) => void noNetwork(event as CustomEvent));
  document.addEventListener("htmx:timeout", (event) => void noNetwork(event as CustomEvent));
  if (!device || !canKeep()) return;
  user = device.dataset.user ?? "";
  if (keptAt()) isAway = true;
  if ("serviceWorker" in navigator) void navigator.serviceWorker.register(device.dataset.worker ?? "", { scope: "/", updateViaCache: "none" }).catch(() => undefined);
  document.addEventListener("submit", onSubmit, true);
  document.addEventListener("htmx:afterRequest", (event) => void keepOfHtmx(event as CustomEvent));
  document.addEventListener("htmx:afterSwap", () => void layAll());
  addEventListener("online", () => void goOn());
  addEventListener("offline", () => {
    isAway = true;
    void layAll();
  });
  setInterval(() => void goOn(), EVERY_MS);
  lockWhenIdle(device);
  void (keptAt() ? Promise.resolve() : openByServer(user)).then(layAll).then(chosenByAddress).then(goOn).then(keepToday);
  setInterval(() => void keepToday(), KEPT_ANEW_MS);
}

function keptAt(): number {
  return Date.parse(document.querySelector<HTMLMetaElement>('meta[name="kept-at"]')?.content ?? "") || 0;
}

async function mine(): Promise<Command[]> {
  return (await commands()).filter((command) => command.user === user);
}

// --- an act of the chart -------------------------------------------------------------------------------------------

function onSubmit(event: SubmitEvent): void {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.dataset.direct || !form.closest("#visit, #visit-foot")) return;
  const command = commandOf(form, event.submitter, user, document.getElementById("device")?.dataset.name ?? "");
  const closes = /\/(close|sign)\/$/.test(form.action);
  if (!command && !closes) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (command) void take(command, form);
  else void closeWhenAllIsSent(form, event.submitter);
}

/** The response keys rest until the answer is here: what is touched before would be drawn anew with it, and be lost. */
async function take(command: Omit<Command, "seq">, form: HTMLFormElement): Promise<void> {
  if (taking.has(command.id)) return;
  taking.add(command.id);
  const keys = document.getElementById("needle");
  const pressed = document.activeElement;
  if (keys) keys.inert = true;
  try {
    await sent(command, form);
  } finally {
    if (keys) keys.inert = false;
    // A key that now lies in a closed fold is left alone: Chromium crashes when it is focused there.
    if (document.activeElement === document.body && pressed instanceof HTMLElement && pressed.checkVisibility()) pressed.focus({ preventScroll: true });
  }
}

async function sent(command: Omit<Command, "seq">, form: HTMLFormElement): Promise<void> {
  try {
    await addCommand(command);
  } catch {
    return straight(form, command.kind); // this device keeps nothing: as a plain form
  }
  const goesOnAtOnce = isAway && Date.now() - awayAt < EVERY_MS;
  const sending = goesOnAtOnce || !navigator.onLine ? Promise.resolve() : sendWaiting(user, told, command.id).catch(() => undefined);
  await Promise.race([sending, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS + 200))]);
  if (goesOnAtOnce) void goOn();
  const still = (await mine()).find((one) => one.id === command.id);
  if (!still) return command.kind === "tally" ? showTally() : showFresh(true);
  if (!navigator.onLine) isAway = true;
  if (still.state === "refused" && refusedPage.has(still.id)) return showRefused(still);
  if (command.kind === "needle" || command.kind === "set" || command.kind === "line") form.reset();
  renew(form);
  taking.delete(command.id);
  await layAll();
}

/** The page of a refusal that she sees at once: the error stands at its field and keeps what she typed. */
const refusedPage = new Map<string, string>();

async function showRefused(command: Command): Promise<void> {
  const html = refusedPage.get(command.id) ?? "";
  refusedPage.delete(command.id);
  taking.delete(command.id);
  const tellsOfNeedles = command.rows.length > 0 || command.kind === "line" || command.kind === "adverse";
  // What is wrong in a field is shown at the field; what has happened to a patient stays until a person decides.
  if (command.status === 422 || (command.status === 409 && !tellsOfNeedles)) await dropCommand(command.seq);
  if (command.status === 409 || command.status === 422) swap(html);
  await layAll();
}

function straight(form: HTMLFormElement, kind: string): void {
  form.dataset.direct = kind;
  form.requestSubmit();
  delete form.dataset.direct;
}

async function told(command: Command, outcome: Outcome): Promise<void> {
  isAway = outcome.kind === "away";
  if (isAway) awayAt = Date.now();
  mustLogIn = outcome.kind === "login";
  const byHand = taking.has(command.id);
  if (outcome.kind === "done" && command.visit === chartOf()?.dataset.visit) fresh = outcome.html;
  if (outcome.kind === "refused" && byHand) refusedPage.set(command.id, outcome.html);
  if (outcome.kind === "login" && byHand && outcome.path) location.assign(outcome.path);
}

/** The newest chart in the page; not under her hand while a needle is half touched, unless she has just sent it. */
async function showFresh(isSent: boolean): Promise<void> {
  if (fresh && (isSent || !isTouched())) {
    document.querySelector('meta[name="kept-at"]')?.remove();
    const html = fresh;
    fresh = "";
    swap(html);
  } else await layAll();
}

/** Only the tally anew: a response that is half touched stays under her hand. */
async function showTally(): Promise<void> {
  const target = document.getElementById("tally");
  if (target && fresh) window.htmx.swap(target, fresh, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 20 }, { select: "#tally", selectOOB: "#closing-counts,#saved-state" });
  fresh = "";
  await layAll();
}

function isTouched(where = "#visit"): boolean {
  return [...document.querySelectorAll<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>(`${where} :is(input:not([type=hidden]), select, textarea)`)].some((one) => {
    if (one instanceof HTMLSelectElement) return [...one.options].some((option) => option.selected !== option.defaultSelected && (option.selected ? option.index > 0 : true));
    return one instanceof HTMLInputElement && (one.type === "checkbox" || one.type === "radio") ? one.checked !== one.defaultChecked : one.value !== one.defaultValue;
  });
}

function swap(html: string): void {
  const target = chartOf();
  if (target) window.htmx.swap(target, html, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 20 }, { select: "#visit", selectOOB: "#visit-foot,#saved-state,#messages" });
}

// --- sending later -------------------------------------------------------------------------------------------------

let going = false;

async function goOn(): Promise<void> {
  if (going) return;
  going = true;
  try {
    const waits = (await mine()).some((command) => command.state === "waiting");
    if (waits) await sendWaiting(user, told);
    else if (isAway || keptAt()) await lookAgain();
    await showFresh(false);
  } finally {
    going = false;
  }
}

/** With nothing to send: is the network back? Then the chart as the server has it now. */
async function lookAgain(): Promise<void> {
  const chart = chartOf() && chartAt(location.pathname);
  try {
    const answer = await fetch(chart ? chart.path : (document.getElementById("device")?.dataset.kept ?? ""), { headers: { "X-Myotome-Poll": "1" }, redirect: "manual", signal: AbortSignal.timeout(3 * PATIENCE_MS) });
    isAway = answer.status >= 502;
    mustLogIn = answer.type === "opaqueredirect";
    if (!chart || !answer.ok) return;
    fresh = await answer.text();
    await keepAnswer(chart.path, (name) => answer.headers.get(name), fresh);
  } catch {
    isAway = true;
  }
}

async function closeWhenAllIsSent(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  const visit = chartOf()?.dataset.visit;
  await sendWaiting(user, told).catch(() => undefined);
  const left = (await commands()).filter((command) => command.visit === visit);
  if (left.length) {
    await layAll();
    document.getElementById("device-panel")?.scrollIntoView({ block: "start" });
    return;
  }
  form.dataset.direct = "close";
  form.requestSubmit(submitter as HTMLButtonElement | null);
  delete form.dataset.direct;
}

// --- what the page says --------------------------------------------------------------------------------------------

let laying: Promise<void> = Promise.resolve();

/** Everything that is only on this device, laid over the chart, and said. */
function layAll(): Promise<void> {
  laying = laying.then(layNow, layNow);
  return laying;
}

async function layNow(): Promise<void> {
  const everything = await commands();
  const visit = chartOf()?.dataset.visit;
  for (const command of everything) if (command.visit === visit && !document.querySelector(`[data-laid~="${command.id}"]`)) {
    lay(command);
    const place = chartOf();
    if (place) place.dataset.laid = `${place.dataset.laid ?? ""} ${command.id}`.trim();
  }
  arrived(new Set(everything.map((command) => command.id)));
  if (!document.getElementById("device")) return;
  const waits = everything.filter((command) => command.state === "waiting");
  const refused = everything.filter((command) => command.state === "refused");
  saved(waits.length, refused.length);
  panel(waits, refused, { user, isAway, mustLogIn, keptAt: keptAt(), goOn: () => void goOn(), afresh });
  const here = everything.filter((command) => command.visit === visit).length;
  await standAbove();
  const foot = document.querySelector("#visit-foot .not-yet");
  if (foot && here) foot.replaceChildren(make("b", say("closeNeeds", { n: here })));
  else if (foot && isAway) foot.replaceChildren(make("b", say("closeOffline")));
}

/** After a decision the chart is drawn anew, without what was laid over it. */
async function afresh(): Promise<void> {
  await sendWaiting(user, told).catch(() => undefined);
  if (!fresh) await lookAgain();
  await showFresh(true);
}

// --- htmx, addresses, what is kept -----------------------------------------------------------------------------------

async function noNetwork(event: CustomEvent): Promise<void> {
  const { requestConfig } = event.detail as { requestConfig?: { verb: string; path: string } };
  const asked = new URL(requestConfig?.path ?? "", location.href).searchParams;
  const site = asked.get("site");
  isAway = canKeep();
  const isElectrical = asked.get("technique") === "electrical";
  if (requestConfig?.verb === "get" && site && (withCurrent(site, isElectrical) || (!isElectrical && choose(site)))) return layAll();
  const place = document.getElementById("saved-state");
  if (place && requestConfig?.verb !== "get") {
    place.classList.add("fault");
    place.textContent = say("notSaved");
  }
  if (canKeep() && requestConfig?.verb === "get") await layAll();
}

async function keepOfHtmx(event: CustomEvent): Promise<void> {
  const { xhr, requestConfig } = event.detail as { xhr: XMLHttpRequest; requestConfig: { path: string; verb: string } };
  if (requestConfig.verb !== "get" && xhr.status === 200 && chartAt(new URL(requestConfig.path, location.href).pathname))
    await keepAnswer(new URL(requestConfig.path, location.href).pathname, (name) => xhr.getResponseHeader(name), xhr.responseText);
}

function chosenByAddress(): void {
  const asked = new URLSearchParams(location.search);
  const site = asked.get("site");
  if (keptAt() && site && choose(site)) withCurrent(site, asked.get("technique") === "electrical");
}

/** The charts of today's open visits on this device, and no others. */
async function keepToday(): Promise<void> {
  const device = document.getElementById("device");
  if (!device || isAway || document.visibilityState === "hidden") return;
  const ask = (path: string) => fetch(path, { headers: { "X-Myotome-Poll": "1" }, redirect: "manual", signal: AbortSignal.timeout(4 * PATIENCE_MS) });
  try {
    const answer = await ask(device.dataset.kept ?? "");
    if (!answer.ok) return;
    const said = (await answer.json()) as { user: string; day: string; paths: string[] };
    const visits = new Map(said.paths.map((path) => [chartAt(path)?.visit ?? "", path]));
    await forgetChartsBut((chart) => chart.user === said.user && chart.day === said.day && visits.has(chart.visit));
    await keepAbove((one) => one.user === said.user && visits.has(one.visit));
    const kept = new Map((await keptVisits()).map((chart) => [chart.visit, chart.keptAt]));
    for (const [visit, path] of visits) {
      if (Date.now() - (kept.get(visit) ?? 0) < KEPT_ANEW_MS) continue;
      const chart = await ask(path);
      if (chart.ok) await keepAnswer(path, (name) => chart.headers.get(name), await chart.text());
    }
  } catch {
    // No network now: what is kept stays as it is.
  }
}

// --- the lock ------------------------------------------------------------------------------------------------------

/** What the lock shows of the visit in this page: initials, needles in, since when. */
async function standAbove(): Promise<void> {
  const chart = chartOf();
  const at = chart && chartAt(location.pathname);
  if (!chart || !at) return;
  const isIn = [...document.querySelectorAll<HTMLElement>("#needle-rows > li[data-state]")].filter((row) => ["in", "fragment"].includes(row.dataset.state ?? ""));
  const since = isIn.map((row) => Date.parse(row.dataset.since ?? "")).filter((one) => !Number.isNaN(one));
  await setAbove({
    ...at,
    user,
    by: document.getElementById("device")?.dataset.name ?? "",
    initials: chart.dataset.initials ?? "",
    n: isIn.length,
    since: since.length ? new Date(Math.min(...since)).toISOString() : "",
    dueS: chart.dataset.mode === "ims" ? "" : (chart.dataset.restS ?? ""),
  });
}

function lockWhenIdle(device: HTMLElement): void {
  let touchedAt = Date.now();
  for (const name of ["pointerdown", "keydown", "input"]) addEventListener(name, () => (touchedAt = Date.now()), { capture: true, passive: true });
  setInterval(() => {
    const idle = Number(device.dataset.idleS);
    if (!idle || Date.now() - touchedAt < idle * 1000) return;
    touchedAt = Date.now();
    // With the network the server locks, and holds what was typed when it is sent: nothing typed is thrown away here.
    if (navigator.onLine && !isAway) isTouched("main") || location.reload();
    else void lock().then(() => location.replace("/offline/"));
  }, 1000);
}
