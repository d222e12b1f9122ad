// Which forms of a visit are commands that may wait on the device, and what each says.

import type { Command, Row } from "./store";

const WAIT = /^\/[-\w]+\/visit\/(\d+)\/(needle|set|line|asked|answer|fact|counted-out|all-out|tally|count|adverse|needle\/(\d+)\/(?:out|response|left-in|fragment|strike))\/$/;

export function freshId(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The command of a form as it is being sent, or nothing when this form needs the server. */
export function commandOf(form: HTMLFormElement, submitter: HTMLElement | null, user: string, by: string): Omit<Command, "seq"> | undefined {
  const path = new URL((submitter as HTMLButtonElement | null)?.getAttribute("formaction") ?? form.action, location.href).pathname;
  const match = WAIT.exec(path);
  if (!match || form.method !== "post") return undefined;
  const kind = (match[2] ?? "").split("/").at(-1) ?? "";
  const data = new FormData(form, submitter);
  const fields = [...data].flatMap(([name, value]): [string, string][] => (typeof value === "string" ? [[name, value]] : []));
  // A short list with an open question is the server's to send back.
  if (kind === "asked" && !data.get("rest") && [...form.querySelectorAll("[role=radiogroup]")].some((one) => !one.querySelector("input:checked"))) return undefined;
  // So is a fact put right without a word of what is known now.
  if (kind === "fact" && !(data.get("fact_state") && data.get("fact_detail")?.toString().trim())) return undefined;
  let id = data.get("client_id")?.toString() ?? "";
  if (!id) {
    id = freshId();
    fields.push(["client_id", id]);
  }
  const rows = rowsOf(kind, form, data);
  return { id, visit: match[1] ?? "", user, by, state: "waiting", path, kind, fields, at: Date.now(), words: wordsOf(kind, form, submitter), rows };
}

function rowsOf(kind: string, form: HTMLFormElement, data: FormData): Row[] {
  if (kind !== "needle" && kind !== "set") return [];
  const mode = document.getElementById("visit")?.dataset.mode;
  const state = kind === "set" ? "in" : (data.get("state")?.toString() ?? (mode === "ims" ? "out" : "in"));
  return data.getAll("site").map((site) => {
    const key = site.toString();
    const li = document.querySelector<HTMLElement>(`#needle-rows li[data-key="${CSS.escape(key)}"]`);
    const before = li?.dataset.name ?? li?.querySelector("b")?.textContent ?? document.querySelector(".now-panel h2")?.textContent ?? key;
    return {
      key,
      name: before,
      side: li?.dataset.side ?? "",
      region: li?.dataset.region ?? "",
      regionWords: li?.dataset.regionWords ?? "",
      size: [kind === "set" ? data.get(`depth:${key}`) : data.get("depth_mm"), (kind === "set" ? data.get(`size:${key}`) : data.get("size"))?.toString().replace(/@.*$/, "").replace(/^0/, "").replace("x", "×")].filter(Boolean).join(" "),
      how: kind === "needle" ? currentOf(form) : "",
      state,
    };
  });
}

/** The current as far as it was typed: 2 Hz, 1.5 mA; nothing without current. */
function currentOf(form: HTMLFormElement): string {
  const fields = form.querySelector("fieldset.current");
  const typed = [...(fields?.querySelectorAll("input") ?? [])].filter((field) => field.value);
  return typed.map((field) => `${Number(field.value)} ${field.labels?.[0]?.textContent?.trim() ?? ""}`).join(", ") || (fields?.querySelector("legend")?.textContent?.trim() ?? "");
}

/** What was touched, in the words of the page. */
function wordsOf(kind: string, form: HTMLFormElement, submitter: HTMLElement | null): string {
  const pressed = [...(submitter?.childNodes ?? [])].map((node) => node.textContent?.trim()).filter(Boolean).join(" ");
  const same = new FormData(form, submitter).get("quick") === "same" ? form.querySelector<HTMLInputElement>("[name=same_as]")?.value : undefined;
  if (same) return document.querySelector(`#needle-rows > li[data-client="${CSS.escape(same)}"] .resp:not(.here, .how)`)?.textContent?.replace(/, [\d.]+ (s|min)$/, "").trim() ?? pressed;
  if (kind === "line") return form.querySelector<HTMLTextAreaElement>("[name=line]")?.value ?? "";
  const li = form.closest<HTMLElement>("li");
  const which = li?.dataset.number ? `${li.dataset.number} ${li.querySelector("b")?.textContent ?? ""}: ` : "";
  const touched = [...form.elements].flatMap((element) => {
    if (element instanceof HTMLInputElement && (element.type === "checkbox" || element.type === "radio"))
      return element.checked ? [element.labels?.[0]?.textContent?.trim() ?? ""] : [];
    if (element instanceof HTMLSelectElement && element.value && kind !== "needle") return [element.selectedOptions[0]?.textContent?.trim() ?? ""];
    if (element instanceof HTMLInputElement && element.type === "text" && element.value) return [element.value];
    return [];
  });
  if (kind === "answer") return `${form.closest("li")?.querySelector("b")?.textContent ?? ""} ${pressed}`.trim();
  const quick = (submitter as HTMLButtonElement | null)?.name === "quick";
  const parts = kind === "needle" ? (quick ? [pressed] : touched) : [...touched, pressed];
  return which + parts.filter(Boolean).join(", ");
}

/** A form that stays on the page gets another id: its next sending is another command. */
export function renew(form: HTMLFormElement): void {
  for (const field of form.querySelectorAll<HTMLInputElement>("input[name=client_id]")) field.value = freshId();
}
