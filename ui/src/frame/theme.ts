/**
 * Light, dark, or as the system has it: remembered in this browser.
 */

export type Theme = "system" | "light" | "dark";

const place = "unum-theme";

export function currentTheme(): Theme {
  const theme = localStorage.getItem(place);
  return theme === "light" || theme === "dark" ? theme : "system";
}

export function applyTheme(theme: Theme = currentTheme()): void {
  const { documentElement: root } = document;
  if (theme === "system") {
    localStorage.removeItem(place);
    delete root.dataset.theme;
  } else {
    localStorage.setItem(place, theme);
    root.dataset.theme = theme;
  }
  window.dispatchEvent(new Event("unum-theme"));
}
