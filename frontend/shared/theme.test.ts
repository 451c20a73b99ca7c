import { describe, expect, it } from "vitest";
import { cookieOf, themeIn } from "./theme";

describe("the theme", () => {
  it("is what was chosen, else the system's", () => {
    expect(themeIn("csrftoken=a; hemaview_theme=dark")).toBe("dark");
    expect(themeIn("hemaview_theme=light; x=y")).toBe("light");
    expect(themeIn("hemaview_theme=purple")).toBe("system");
    expect(themeIn("")).toBe("system");
  });
  it("is remembered for a year, and forgotten where the system's is chosen again", () => {
    expect(cookieOf("dark", true)).toBe("hemaview_theme=dark; path=/; max-age=31536000; SameSite=Lax; Secure");
    expect(cookieOf("system", false)).toContain("max-age=0");
  });
});
