import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { get } from "../shared/api";
import { t } from "../shared/catalogue";
import { fixed } from "../shared/format";
import type { Analysis, Preset, ScaleChange, Slide } from "../shared/types";

/** What is usual where the laboratory has no presets of its own. */
const USUAL: Preset[] = [
  { name: t("Scanner, 40×"), mpp: 0.25 },
  { name: t("Scanner, 20×"), mpp: 0.5 },
  { name: t("Camera of 3.45 µm pixels, 100× oil, 0.5× adapter"), mpp: 0.069 },
  { name: t("Camera of 3.45 µm pixels, 50× oil, 0.5× adapter"), mpp: 0.138 },
];

const SOURCES: Record<string, string> = {
  file: t("from the file"),
  user: t("entered by a person"),
  estimated: t("estimated from red cells"),
  unknown: t("unknown"),
};

interface Props {
  slide: Slide;
  job: Analysis | null;
  may: boolean;
  /** Whether it was taken. */
  onScale(scale: ScaleChange): Promise<boolean>;
}

/** A slide's µm/px, and where it can be entered or corrected. */
export function Scale({ slide, job, may, onScale }: Props) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const presets = useQuery({ queryKey: ["presets"], queryFn: () => get<Preset[]>("/api/v1/presets/"), enabled: open });
  const value = Number(text.replace(",", "."));
  const valid = text.trim() !== "" && value > 0 && Number.isFinite(value);
  async function save(event: FormEvent) {
    event.preventDefault();
    if (!valid) return;
    const preset = presets.data?.find((p) => p.mpp === value);
    if (!(await onScale(preset ? { preset: preset.name } : { mpp: value }))) return; // what was typed stays to be corrected
    setOpen(false);
    setText("");
  }
  const words = slide.mpp
    ? t("{mpp} µm/px, {source}", { mpp: fixed(slide.mpp, 4), source: SOURCES[slide.mpp_source] ?? slide.mpp_source })
    : job?.mpp
      ? t("µm/px not stated; {mpp} µm/px estimated from red cells", { mpp: fixed(job.mpp, 4) })
      : t("µm/px not stated; it will be estimated from red cells unless you enter it");
  return (
    <div className="facts scale">
      {words}{" "}
      {may && !open && (
        <button type="button" onClick={() => setOpen(true)}>
          {slide.mpp ? t("Correct…") : t("Enter µm/px…")}
        </button>
      )}
      {open && (
        <form onSubmit={(event) => void save(event)}>
          <label>
            {t("µm/px")}{" "}
            <input
              value={text}
              onChange={(e) => setText(e.target.value)}
              inputMode="decimal"
              list="scales"
              placeholder={t("e.g. 0.25")}
            />
          </label>
          <datalist id="scales">
            {(presets.data?.length ? presets.data : USUAL).map((p) => (
              <option key={p.name} value={p.mpp}>
                {p.name}
              </option>
            ))}
          </datalist>
          <button type="submit" className="primary" disabled={!valid}>
            {t("Save")}
          </button>
          <button type="button" onClick={() => setOpen(false)}>
            {t("Cancel")}
          </button>
          {job?.reviewable && (
            <p className="warn">{t("Analyses made so far keep their scale; analyse again to use this one.")}</p>
          )}
        </form>
      )}
    </div>
  );
}
