/** Filters of the worklist that a person keeps by name, in this browser. */

import { t } from "../shared/catalogue";

export type SavedFilters = Record<string, string>;

/** The filters of a person; none where nothing, or something else, was kept. */
export function read(text: string | null): SavedFilters {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
    return Object.fromEntries(Object.entries(value).filter(([, query]) => typeof query === "string"));
  } catch {
    return {};
  }
}

/** With one more, by its name; an empty name changes nothing. */
export function withFilter(filters: SavedFilters, name: string, query: string): SavedFilters {
  const short = name.trim().slice(0, 40);
  return short ? { ...filters, [short]: query } : filters;
}

export function without(filters: SavedFilters, name: string): SavedFilters {
  return Object.fromEntries(Object.entries(filters).filter(([key]) => key !== name));
}

export function offerSavedFilters(): void {
  const place = document.querySelector<HTMLElement>("#saved-filters");
  if (!place) return;
  const key = `hemaview-filters-${place.dataset.person}`;
  const keep = (filters: SavedFilters) => {
    localStorage.setItem(key, JSON.stringify(filters));
    draw();
  };
  const draw = () => {
    const filters = read(localStorage.getItem(key));
    const chips = Object.entries(filters).map(([name, query]) => chip(name, query, () => keep(without(filters, name))));
    const query = place.dataset.query ?? "";
    const save = document.createElement("button");
    save.type = "button";
    save.textContent = t("Save this filter…");
    save.addEventListener("click", () => {
      const name = window.prompt(t("Name of the filter"));
      if (name !== null) keep(withFilter(filters, name, query));
    });
    const mayBeSaved = place.dataset.filtered === "1" && !Object.values(filters).includes(query);
    place.replaceChildren(...chips, ...(mayBeSaved ? [save] : []));
  };
  draw();
}

function chip(name: string, query: string, onForget: () => void): HTMLElement {
  const one = document.createElement("span");
  one.className = "saved-filter";
  const link = document.createElement("a");
  link.href = `?${query}`;
  link.textContent = name;
  const forget = document.createElement("button");
  forget.type = "button";
  forget.textContent = "×";
  forget.setAttribute("aria-label", t("Forget the filter {name}", { name }));
  forget.addEventListener("click", onForget);
  one.append(link, " ", forget);
  return one;
}
