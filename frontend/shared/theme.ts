/** Light or dark: as the system has it, or as the reader chose; the choice is a cookie, so that a page comes in it at once. */

import { t } from "./catalogue";

export type Theme = "system" | "light" | "dark";

const COOKIE = "hemaview_theme";
const NEXT: Record<Theme, Theme> = { system: "dark", dark: "light", light: "system" };
const NAMES: Record<Theme, string> = {
  system: t("Theme: as the system"),
  dark: t("Theme: dark"),
  light: t("Theme: light"),
};
const SIGNS: Record<Theme, string> = { system: "◐", dark: "●", light: "○" };

export function themeIn(cookies: string): Theme {
  const cookie = cookies.split("; ").find((c) => c.startsWith(`${COOKIE}=`));
  const theme = cookie?.slice(COOKIE.length + 1);
  return theme === "light" || theme === "dark" ? theme : "system";
}

export function cookieOf(theme: Theme, secure: boolean): string {
  const age_s = theme === "system" ? 0 : 365 * 24 * 3600;
  return `${COOKIE}=${theme}; path=/; max-age=${age_s}; SameSite=Lax${secure ? "; Secure" : ""}`;
}

function wear(theme: Theme): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store is not in every browser
  document.cookie = cookieOf(theme, location.protocol === "https:");
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** Every button with `data-theme-switch` goes from theme to theme, and says which it is. */
export function offerThemes(): void {
  const tell = (button: HTMLElement) => {
    const theme = themeIn(document.cookie);
    button.textContent = SIGNS[theme];
    button.title = NAMES[theme];
    button.setAttribute("aria-label", NAMES[theme]);
  };
  const buttons = () => document.querySelectorAll<HTMLElement>("[data-theme-switch]");
  for (const button of buttons()) tell(button);
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-theme-switch]")) return;
    wear(NEXT[themeIn(document.cookie)]);
    for (const button of buttons()) tell(button);
  });
}

export function themeSign(): { sign: string; name: string } {
  const theme = themeIn(document.cookie);
  return { sign: SIGNS[theme], name: NAMES[theme] };
}
