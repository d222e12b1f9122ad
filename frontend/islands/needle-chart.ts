// <needle-chart>: makes the working forms of the visit quick under a gloved thumb. It adds nothing that the forms cannot do.
//
//   <needle-chart data-server-at="2026-11-24T18:01:00Z"> ...forms of needling/keys.html, set.html, line.html... </needle-chart>
//
// The first response key starts the needle's clock (`in_at`), so that seconds are measured and never guessed. The screen
// stays awake while needles are in; elements/alarm.ts sounds when a set's time is over.

const RESPONSES = "input[name=grasp], input[name=cramp], input[name=twitches], input[name=release], input[name=deqi], input[name=painless]";
/** What a painless needle did not do; "no twitch" goes with it. */
const FELT = RESPONSES.replace("input[name=twitches]", 'input[name=twitches]:not([value="0"])').replace(", input[name=painless]", "");

const FIRST_STEP_MM = 10;

/** The depth one step on. An empty field begins at 10 mm; below 0 it is empty again: nobody said a depth. */
function stepped(value: string, step: number): string {
  if (!value.trim()) return step > 0 ? String(FIRST_STEP_MM) : "";
  const depth = Number(value) + step;
  return depth < 0 ? "" : String(Math.min(150, depth));
}

export class NeedleChart extends HTMLElement {
  private offset = 0;
  private ticking: number | undefined;
  private lock: WakeLockSentinel | undefined;

  connectedCallback(): void {
    this.offset = Date.parse(this.dataset.serverAt ?? "") - Date.now() || 0;
    const form = this.querySelector<HTMLFormElement>("#needle");
    if (form) this.keys(form);
    this.setRows();
    this.addEventListener("needles-are-in", () => void this.stayAwake());
    void this.stayAwake();
    document.addEventListener("visibilitychange", this.onVisible);
  }

  disconnectedCallback(): void {
    clearInterval(this.ticking);
    document.removeEventListener("visibilitychange", this.onVisible);
    void this.lock?.release();
  }

  private readonly onVisible = (): void => {
    if (document.visibilityState === "visible") void this.stayAwake();
  };

  private keys(form: HTMLFormElement): void {
    const inAt = form.querySelector<HTMLInputElement>("input[name=in_at]");
    const clock = form.querySelector<HTMLElement>(".needle-out .timer");
    const depth = this.querySelector<HTMLInputElement>("input[name=depth_mm][form=needle]");
    for (const step of this.querySelectorAll<HTMLButtonElement>(".step")) {
      step.hidden = false;
      step.addEventListener("click", () => {
        if (!depth) return;
        depth.value = stepped(depth.value, Number(step.dataset.step));
        depth.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
    // A chosen grasp, twitch or no twitch touched again is taken back: a radio alone cannot.
    for (const radio of form.querySelectorAll<HTMLInputElement>("input[name=grasp], input[name=twitches]")) {
      radio.addEventListener("pointerdown", () => (radio.dataset.was = String(radio.checked)));
      radio.parentElement?.addEventListener("pointerdown", () => (radio.dataset.was = String(radio.checked)));
      radio.addEventListener("click", () => {
        if (radio.dataset.was === "true") radio.checked = false;
        radio.dataset.was = "";
      });
    }
    this.how(form);
    // A needle that was saved on this device leaves the keys as they were, for the next site.
    form.addEventListener("reset", () => {
      clearInterval(this.ticking);
      if (inAt) inAt.value = "";
      if (clock) clock.textContent = "";
    });
    form.addEventListener("change", (event) => {
      const box = event.target as HTMLInputElement;
      if (!box.matches(RESPONSES)) return;
      const painless = form.querySelector<HTMLInputElement>("input[name=painless]");
      if (box === painless && box.checked)
        for (const other of form.querySelectorAll<HTMLInputElement>(FELT)) other.checked = false;
      if (box.matches(FELT) && box.checked && painless) painless.checked = false;
      if (!inAt || inAt.value) return;
      const began = Date.now() + this.offset;
      inAt.value = new Date(began).toISOString();
      const tick = (): void => {
        if (clock) clock.textContent = `${Math.max(0, Math.floor((Date.now() + this.offset - began) / 1000))} s`;
      };
      tick();
      this.ticking = window.setInterval(tick, 1000);
    });
  }

  /** What is chosen under "How" is what the next needle begins with, without network too, and its summary says it. */
  private how(form: HTMLFormElement): void {
    const how = form.querySelector<HTMLDetailsElement>("details.how");
    how?.addEventListener("change", (event) => {
      const field = event.target as HTMLInputElement | HTMLSelectElement;
      if (field.name === "deqi") return;
      if (field instanceof HTMLSelectElement) for (const option of field.options) option.defaultSelected = option.selected;
      else for (const one of how.querySelectorAll<HTMLInputElement>("input[name=moved]")) one.defaultChecked = one.checked;
      const words = field instanceof HTMLSelectElement ? (field.value && field.selectedOptions[0]?.textContent) || "" : (field.parentElement?.textContent ?? "");
      how.querySelector(`[data-now="${field.name}"]`)?.replaceChildren(words);
    });
  }

  private setRows(): void {
    const rows = this.querySelector(".visit-rows");
    const current = rows?.querySelector<HTMLElement>("[aria-current=step]") ?? rows?.querySelector<HTMLElement>("li:last-child");
    if (rows && current) rows.scrollTop = current.offsetTop - rows.clientHeight / 2;
  }

  private async stayAwake(): Promise<void> {
    const needlesIn = this.querySelector(".clock .timer") !== null;
    if (!needlesIn || !("wakeLock" in navigator)) return;
    try {
      this.lock = await navigator.wakeLock.request("screen");
    } catch {
      this.sayDark();
    }
  }

  private sayDark(): void {
    const place = this.querySelector(".now-panel");
    if (!place || place.querySelector(".may-go-dark")) return;
    place.append(Object.assign(document.createElement("p"), { className: "device-word may-go-dark small", textContent: this.dataset.wordDark ?? "" }));
  }
}

customElements.define("needle-chart", NeedleChart);

// The counts that closing asks for: a step, or a number near the chart's own, for a thumb without a keyboard.
//
//   <button type="button" data-counts="id_n_needles_opened" data-step="1">+</button> <button ... data-n="12">12</button>
document.addEventListener("click", (event) => {
  const button = (event.target as Element | null)?.closest<HTMLElement>("[data-counts]");
  const field = button && document.getElementById(button.dataset.counts ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  field.value = button?.dataset.n ?? String(Math.min(500, Math.max(0, Number(field.value) + Number(button?.dataset.step))));
});

// Enter in the tally sends what was typed; the form's first button would take one away.
document.addEventListener("keydown", (event) => {
  const field = event.target as HTMLInputElement;
  if (event.key !== "Enter" || !field.matches?.("#tally input")) return;
  event.preventDefault();
  field.form?.requestSubmit();
});
document.addEventListener("change", (event) => {
  const field = event.target as HTMLInputElement;
  if (field.matches?.("#tally input[type=number]")) field.form?.requestSubmit();
});

// The shorthand: Enter sends the lines, with Shift it begins a new one; a word that was meant replaces what was written.
document.addEventListener("keydown", (event) => {
  const field = event.target as HTMLTextAreaElement;
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !field.matches?.("#id_line")) return;
  event.preventDefault();
  field.form?.requestSubmit();
});
document.addEventListener("click", (event) => {
  const meant = (event.target as Element | null)?.closest<HTMLElement>(".completes");
  const field = document.getElementById("id_line");
  if (!meant || !(field instanceof HTMLTextAreaElement)) return;
  field.setRangeText(meant.dataset.word ?? "", Number(meant.dataset.start), Number(meant.dataset.end), "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// A link that names a fold, or a field in one, opens it on the way there.
document.addEventListener("click", (event) => {
  const link = (event.target as Element | null)?.closest<HTMLElement>("[data-open]");
  const target = link && document.getElementById(link.dataset.open ?? "");
  if (!target) return;
  for (let fold = target.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
  target.scrollIntoView({ block: target instanceof HTMLDetailsElement ? "start" : "center" });
  if (target.matches("input, select, textarea")) target.focus();
  event.preventDefault();
});

// What was refused, and the count after "all out", come where she looks: into view and with the focus, once each.
const shown = new WeakSet<Element>();
document.addEventListener("htmx:afterSettle", () => {
  const first = document.querySelector<HTMLElement>("#visit .summary-of-errors") ?? document.getElementById("count-after");
  if (!first || shown.has(first)) return;
  shown.add(first);
  first.focus({ preventScroll: true });
  first.scrollIntoView({ block: "center" });
});
