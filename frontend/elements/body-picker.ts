// <body-picker field="region">: touching a place on the plate ticks the checkbox of the list that does the same.
//
//   <body-picker field="region">
//     {% region_plate "back" selected=chosen pick=True %}
//     <input type="checkbox" name="region" value="left:low_back"> ...
//   </body-picker>
//
// The list is the form; the plate only mirrors it, in both directions. Without script the list does all the work.

export class BodyPicker extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", (event) => {
      const part = (event.target as Element).closest<SVGElement>("[data-key]");
      const box = part && this.box(part.dataset.key ?? "");
      if (!box) return;
      box.checked = !box.checked;
      box.dispatchEvent(new Event("change", { bubbles: true }));
    });
    this.addEventListener("change", () => this.mirror());
    this.mirror();
  }

  private box(key: string): HTMLInputElement | undefined {
    const name = this.getAttribute("field") ?? "region";
    return [...this.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`)].find((b) => b.value === key);
  }

  private mirror(): void {
    for (const part of this.querySelectorAll<SVGElement>("[data-key]")) {
      const on = this.box(part.dataset.key ?? "")?.checked ?? false;
      part.classList.toggle("chosen", on);
      for (const path of part.querySelectorAll<SVGPathElement>("[data-on]")) path.setAttribute("fill", (on ? path.dataset.on : path.dataset.off) ?? "");
    }
  }
}

customElements.define("body-picker", BodyPicker);
