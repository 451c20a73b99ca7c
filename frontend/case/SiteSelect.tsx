import { useQuery } from "@tanstack/react-query";
import { get } from "../shared/api";
import { t } from "../shared/catalogue";
import type { Site } from "../shared/types";

interface Props {
  /** Name of the slide's site; null where none is said. */
  site: string | null;
  may: boolean;
  onSite(site: string | null): void;
}

/** Which site (laboratory, stain, camera) a slide is from; nothing where the laboratory has no sites. */
export function SiteSelect({ site, may, onSite }: Props) {
  const sites = useQuery({ queryKey: ["sites"], queryFn: () => get<Site[]>("/api/v1/sites/"), staleTime: 60_000 });
  const names = (sites.data ?? []).map((s) => s.name);
  if (site !== null && !names.includes(site)) names.unshift(site);
  if (names.length === 0) return null;
  return (
    <label title={t("A source of slides that look alike; its named cells can teach a net for it")}>
      {t("Site:")}{" "}
      <select value={site ?? ""} disabled={!may} onChange={(e) => onSite(e.target.value || null)}>
        <option value="">{t("not said")}</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
