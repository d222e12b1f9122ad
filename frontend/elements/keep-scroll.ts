// A list that scrolls by itself keeps its place when a fragment around it is swapped.
//
//   <form id="keys" data-keep-scroll> ... </form>
//
// Without script the page is loaded anew and begins at the top of the list, as every page does.

export function startKeepScroll(): void {
  const places = new Map<string, number>();
  document.addEventListener("htmx:beforeSwap", () => {
    places.clear();
    for (const list of document.querySelectorAll<HTMLElement>("[data-keep-scroll][id]")) places.set(place(list), list.scrollTop);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const list of document.querySelectorAll<HTMLElement>("[data-keep-scroll][id]")) list.scrollTop = places.get(place(list)) ?? 0;
  });
}

// Another content under the same id (another region of the body) begins at its top.
function place(list: HTMLElement): string {
  return `${list.id} ${list.dataset.keepScroll ?? ""}`;
}
