// Commands of a visit: each is on the disk before it is sent, and leaves it when the server has answered.
//
// One id for one command: sent twice it is done once. They go in the order in which they were made; what the server does not
// take stays, with its answer, and a person decides.

import { keepAnswer } from "./keep";
import { addCommand, changeCommand, commands, dropCommand, type Command } from "./store";

export type Outcome =
  | { kind: "done"; html: string }
  | { kind: "refused"; status: number; html: string }
  | { kind: "away" }
  | { kind: "login"; path: string };

/** How long a person waits for the answer to a tap before the page goes on with what is kept. */
export const PATIENCE_MS = 4000;

function cookie(name: string): string {
  return document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
}

/** Sends one command. Anything that is not the server's own word about it counts as no network. */
async function send(command: Command, byHand: boolean): Promise<Outcome> {
  const body = new URLSearchParams(command.fields);
  body.set("csrfmiddlewaretoken", cookie("csrftoken") || (body.get("csrfmiddlewaretoken") ?? ""));
  body.set("device_at", new Date(command.at).toISOString());
  body.set("device_now", new Date().toISOString());
  const headers: Record<string, string> = { "HX-Request": "true", "HX-Current-URL": location.href, "X-Myotome-Command": "1" };
  if (!byHand) headers["X-Myotome-Poll"] = "1";
  try {
    const signal = AbortSignal.timeout(byHand ? PATIENCE_MS : 3 * PATIENCE_MS);
    const answer = await fetch(command.path, { method: "POST", body, headers, redirect: "manual", signal });
    const html = await answer.text();
    if (answer.type === "opaqueredirect") return { kind: "login", path: "" };
    if (answer.status === 204) return { kind: "login", path: answer.headers.get("HX-Redirect") ?? "" };
    if (answer.status === 403 && html.includes('data-slug="csrf"')) return { kind: "login", path: "" };
    if (answer.ok) {
      await keepAnswer(command.path, (name) => answer.headers.get(name), html);
      return { kind: "done", html };
    }
    return answer.status >= 500 || answer.status === 429 ? { kind: "away" } : { kind: "refused", status: answer.status, html };
  } catch {
    return { kind: "away" };
  }
}

/** Sends what waits for this user, oldest first, until the network or the login fails. One tab at a time. */
export async function sendWaiting(user: string, told: (command: Command, outcome: Outcome) => Promise<void>, byHand = ""): Promise<void> {
  const work = async (): Promise<void> => {
    for (const command of await commands()) {
      if (command.user !== user || command.state !== "waiting") continue;
      const outcome = await send(command, command.id === byHand);
      if (outcome.kind === "done") await dropCommand(command.seq);
      if (outcome.kind === "refused") await changeCommand({ ...command, state: "refused", status: outcome.status, answer: wordOf(outcome.html) });
      await told(command, outcome);
      if (outcome.kind === "away" || outcome.kind === "login") return;
    }
  };
  if ("locks" in navigator) await navigator.locks.request("myotome-send", work);
  else await work();
}

/** The sentence with which the server refused. */
export function wordOf(html: string): string {
  const page = new DOMParser().parseFromString(html, "text/html");
  return page.querySelector(".summary-of-errors strong, #line-error, .error-page h1")?.textContent?.trim() ?? "";
}

export { addCommand };
