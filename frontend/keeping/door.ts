// The pages before a chart: the lock of the server, the page for no network with what stands above the lock and its PIN,
// and the page of this device where the PIN is set.

import { clockWords } from "../elements/timers";
import { freshId } from "./acts";
import { addCommand } from "./commands";
import { hasPin, isLocked, leave, lock, openByPin, setPin, SHORTEST_PIN } from "./lock";
import { clock, make } from "./parts";
import { above, commands, keptChart, keptVisits, type Above } from "./store";

/** The lock page of the server, and pages for nobody: charts go, what was not sent stays and is said. */
export async function atTheDoor(): Promise<void> {
  if (document.getElementById("nobody")) return leave();
  const door = document.getElementById("locked-device");
  if (!door) return;
  await lock();
  const waits = (await commands()).length;
  if (waits) door.append(make("p", (door.dataset.waiting ?? "").replace("{n}", String(waits)), "saved local"));
}

/** The page for no network: locked, what stands above the lock and the PIN; else the way to the charts that are kept. */
export async function withoutNetwork(): Promise<void> {
  const place = document.getElementById("no-network");
  if (!place) return;
  const locked = await isLocked();
  const stand = document.getElementById("above");
  for (const one of stand ? await above() : []) stand?.append(card(one, stand));
  const form = document.querySelector<HTMLFormElement>("#pin-open");
  if (form && locked && (await hasPin())) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void tryPin(form);
    });
  }
  const list = document.getElementById("kept-charts");
  if (list && !locked) await listKept(list);
  for (const one of place.querySelectorAll<HTMLElement>("[data-when]")) one.hidden = (one.dataset.when === "locked") !== locked;
}

async function tryPin(form: HTMLFormElement): Promise<void> {
  const field = form.querySelector<HTMLInputElement>("input");
  const said = form.querySelector<HTMLElement>(".field-error");
  if (!field || !said) return;
  const left = await openByPin(field.value);
  field.value = "";
  if (left === true) return location.reload();
  said.textContent = left ? (said.dataset.wrong ?? "").replace("{n}", String(left)) : (said.dataset.gone ?? "");
  said.hidden = false;
  if (!left) field.disabled = true;
}

function card(one: Above, words: HTMLElement): HTMLElement {
  const box = make("section", "", "sheet row wrap");
  const head = make("h2", `${one.initials}: ${(one.n === 1 ? words.dataset.one : words.dataset.many)?.replace("{n}", String(one.n)) ?? ""}`, "grow");
  box.append(head);
  if (one.since) {
    const time = Object.assign(make("time", clockWords((Date.now() - Date.parse(one.since)) / 1000), "timer"), { dateTime: one.since });
    Object.assign(time.dataset, one.dueS ? { since: one.since, dueS: one.dueS } : { since: one.since });
    box.append(time);
  }
  const button = make("button", words.dataset.allOut ?? "", "danger glove");
  button.addEventListener("click", () => void callAllOut(one).then(() => button.replaceWith(make("strong", words.dataset.called ?? ""))));
  box.append(button);
  return box;
}

/** "All out now" from the lock: a command of the one who charted, sent when she is back; the count comes after. */
async function callAllOut(one: Above): Promise<void> {
  const id = freshId();
  await addCommand({ id, visit: one.visit, user: one.user, by: one.by, state: "waiting", path: `${one.path}all-out/`, kind: "all-out", fields: [["client_id", id]], at: Date.now(), words: document.getElementById("above")?.dataset.allOut ?? "", rows: [] });
}

async function listKept(list: HTMLElement): Promise<void> {
  for (const { visit, keptAt } of await keptVisits()) {
    const chart = await keptChart(visit).catch(() => undefined);
    if (!chart) continue;
    const line = make("li");
    line.append(Object.assign(make("a", (list.dataset.word ?? "").replace("{at}", clock(keptAt)), "second glove"), { href: chart.path }));
    list.append(line);
  }
  if (!list.children.length) list.append(make("li", list.dataset.none ?? "", "empty"));
}

/** The page of this device: a PIN is set while the server is there. */
export function pinForm(): void {
  const form = document.querySelector<HTMLFormElement>("#pin-set");
  if (!form) return;
  const say = (name: string): void => form.querySelector("output")?.replaceChildren(form.dataset[name] ?? "");
  void hasPin().then((has) => say(has ? "isSet" : "notSet"));
  form.querySelector<HTMLButtonElement>("button")?.removeAttribute("disabled");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = form.querySelector<HTMLInputElement>("input");
    if (!field || !new RegExp(`^\\d{${SHORTEST_PIN},12}$`).test(field.value)) return say("short");
    void setPin(form.dataset.user ?? "", field.value).then(
      () => {
        field.value = "";
        say("isSet");
      },
      () => say("failed"),
    );
  });
}
