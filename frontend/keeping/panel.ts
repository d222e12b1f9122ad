// What the page says of the commands that are on this device: the saved-state in the banner, the panel above the chart, and
// both versions of what the server did not take.

import { freshId } from "./acts";
import { addCommand } from "./commands";
import { clock, make, say } from "./parts";
import { changeCommand, dropCommand, type Command } from "./store";

/** How things stand with this device, and what its buttons do. */
export interface Now {
  user: string;
  isAway: boolean;
  mustLogIn: boolean;
  keptAt: number;
  goOn: () => void;
  afresh: () => Promise<void>;
}

export function saved(waits: number, refused: number): void {
  const place = document.getElementById("saved-state");
  if (!place || !(waits || refused || place.matches(".local, .fault"))) return;
  place.classList.toggle("local", waits > 0 && !refused);
  place.classList.toggle("fault", refused > 0);
  place.textContent = refused ? say("notTaken", { n: refused + waits }) : waits ? say("toSend", { n: waits }) : say("onServer", { at: clock(Date.now()) });
}

/** What waits and what was refused, above the chart; nothing while everything is on the server. */
export function panel(waits: Command[], refused: Command[], now: Now): void {
  let place = document.getElementById("device-panel");
  if (!waits.length && !refused.length && !now.isAway) return place?.remove();
  if (!place) {
    place = Object.assign(make("section", "", "device-panel stack tight"), { id: "device-panel" });
    place.setAttribute("aria-live", "polite");
    place.setAttribute("aria-label", say("here"));
    document.getElementById("main")?.prepend(place);
  }
  const wasOpen = place.querySelector("details")?.open ?? false;
  place.replaceChildren();
  if (now.isAway) place.append(make("p", now.keptAt ? say("keptAt", { at: clock(now.keptAt) }) : say("noNetwork"), "small no-network"));
  const own = waits.filter((command) => command.user === now.user);
  if (own.length) {
    const fold = make("details", "", "fold");
    const list = make("ol", "", "plain");
    for (const command of own) list.append(make("li", `${clock(command.at)} ${describe(command)}`));
    const again = make("button", say("try"), "second");
    again.addEventListener("click", () => now.goOn());
    fold.append(make("summary", say("waiting", { n: own.length })), list, again);
    (fold as HTMLDetailsElement).open = wasOpen;
    place.append(fold);
    if (now.mustLogIn) {
      const line = make("p", `${say("logIn")} `);
      line.append(Object.assign(make("a", say("logInWord"), "second"), { href: `/accounts/login/?next=${encodeURIComponent(location.pathname)}` }));
      place.append(line);
    }
  }
  const others = new Map<string, number>();
  for (const command of waits) if (command.user !== now.user) others.set(command.by, (others.get(command.by) ?? 0) + 1);
  for (const [name, n] of others) place.append(make("p", say("ofOthers", { name, n }), "small"));
  for (const command of refused) if (command.user === now.user) place.append(conflict(command, now));
}

function describe(command: Command): string {
  const names = command.rows.map((row) => `${row.name} ${row.side} ${row.how ?? ""}`.trim()).join("; ");
  return [names, command.words].filter(Boolean).join(": ");
}

/** Both versions with their times, and two equal buttons. */
function conflict(command: Command, now: Now): HTMLElement {
  const box = make("div", "", "conflict sheet");
  const versions = make("div", "", "versions");
  const number = /needle\/(\d+)\//.exec(command.path)?.[1];
  const row = number === undefined ? null : document.querySelector(`#needle-${number} .needle-row > span:nth-child(2)`);
  const version = (title: string, words: string, name: string, does: () => Promise<void>): HTMLElement => {
    const part = make("div", "", "version");
    const button = make("button", name, "second");
    button.addEventListener("click", () => void does().then(now.afresh));
    part.append(make("b", title), make("p", words), button);
    return part;
  };
  versions.append(
    version(say("yours"), `${clock(command.at)} ${describe(command)}`, say("again"), () => changeCommand({ ...command, state: "waiting" })),
    version(say("theirs"), [row?.textContent?.replace(/\s+/g, " ").trim(), command.answer].filter(Boolean).join(". "), say("leave"), () => dropCommand(command.seq)),
  );
  box.append(make("p", `${say("refused")} ${command.answer ?? ""}`), versions);
  if (command.rows.length || command.kind === "adverse" || command.kind === "line") {
    const add = make("button", say("addendum"), "second");
    add.addEventListener("click", () => void asAddendum(command).then(now.afresh));
    box.append(add);
  }
  return box;
}

async function asAddendum(command: Command): Promise<void> {
  const text = `${clock(command.at)} ${describe(command)} ${command.rows.map((row) => row.size).join(" ")}`.trim();
  const path = command.path.replace(/(\/visit\/\d+\/).*/, "$1addendum/");
  const { seq, answer, status, ...rest } = command;
  await addCommand({ ...rest, id: freshId(), path, kind: "addendum", state: "waiting", rows: [], words: text, fields: [["client_id", command.id], ["text", text]] });
  await dropCommand(seq);
}
