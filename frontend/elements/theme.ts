// Light or dark: follows the device until the person chooses; the choice is a cookie that the server reads, so no page flashes.
//
//   <button class="quiet" data-theme-switch="dark">Dark</button>   (values: light, dark, device)

/** Makes every button with data-theme-switch change the page at once and remember it for a year. */
export function startTheme(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element | null)?.closest<HTMLElement>("[data-theme-switch]");
    if (!button) return;
    const theme = button.dataset.themeSwitch ?? "device";
    if (theme === "device") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  });
}
