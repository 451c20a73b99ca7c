import { numberOf } from "../shared/format";
import type { Signing } from "../shared/types";

/** What is about to be signed: counts beside what was asked for, findings, warnings, slides left out, and who read. */
export function SigningSummary({ signing }: { signing: Signing }) {
  return (
    <section className="signing" aria-label="What you sign">
      {signing.missing.length > 0 && (
        <div className="signing-missing">
          <b>Not part of the report</b>
          <ul>
            {signing.missing.map((slide) => (
              <li key={slide.id}>
                The slide {slide.slide} {slide.why}
              </li>
            ))}
          </ul>
        </div>
      )}
      {signing.examinations.map((part) => (
        <div key={part.assay + part.slides.join()}>
          <b>{part.title}</b>{" "}
          <span className="soft">
            {numberOf(part.slides.length, "slide")}. {part.readers}
          </span>
          <ul>
            {part.counted.map((one) => (
              <li key={one.title} className={one.target && one.n < one.target ? "warn" : undefined}>
                {one.title}: {one.n.toLocaleString("en")}
                {one.target ? ` of ${one.target.toLocaleString("en")}` : ""} {one.noun}
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
              <summary className="warn">{numberOf(part.warnings.length, "warning")}</summary>
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
