import { plural, t } from "./catalogue";

import type { Signing } from "./types";

/** What is about to be signed: counts beside what was asked for, findings, warnings, slides left out, and who read. */
export function SigningSummary({ signing }: { signing: Signing }) {
  return (
    <section className="signing" aria-label={t("What you sign")}>
      {signing.missing.length > 0 && (
        <div className="signing-missing">
          <b>{t("Not part of the report")}</b>
          <ul>
            {signing.missing.map((slide) => (
              <li key={slide.id}>{t("The slide {slide} {why}", slide)}</li>
            ))}
          </ul>
        </div>
      )}
      {signing.examinations.map((part) => (
        <div key={part.assay + part.slides.join()}>
          <b>{part.title}</b>{" "}
          <span className="soft">
            {plural(part.slides.length, "{n} slide.", "{n} slides.")} {part.readers}
          </span>
          <ul>
            {part.counted.map((one) => (
              <li key={one.title} className={one.target && one.n < one.target ? "warn" : undefined}>
                {one.target
                  ? t("{title}: {n} of {target} {noun}", { ...one, target: one.target })
                  : t("{title}: {n} {noun}", { title: one.title, n: one.n, noun: one.noun })}
              </li>
            ))}
            {part.findings.map((text) => (
              <li key={text}>
                <b>{text}</b>
              </li>
            ))}
          </ul>
          {part.warnings.length > 0 && (
            <details open={part.warnings.length < 4}>
              <summary className="warn">{plural(part.warnings.length, "{n} warning", "{n} warnings")}</summary>
              <ul>
                {part.warnings.map((text) => (
                  <li key={text}>{text}</li>
                ))}
              </ul>
            </details>
          )}
        </div>
      ))}
    </section>
  );
}
