// Small parts that every page of the keeping is made of: sentences, elements, and the rows of the chart.

/** A sentence of website/device.html with its places filled. */
export function say(name: string, values: Record<string, string | number> = {}): string {
  const words = document.getElementById("device")?.dataset[name] ?? "";
  return words.replace(/\{(\w+)\}/g, (_, place: string) => String(values[place] ?? ""));
}

export function clock(at: number): string {
  return new Date(at).toLocaleTimeString(document.documentElement.lang || undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
}

export function make(name: string, text = "", className = ""): HTMLElement {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  if (className) element.className = className;
  return element;
}

export const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("#needle-rows > li[data-state]")];
export const waiting = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("#needle-rows > li[data-key]:not([data-state])")];
