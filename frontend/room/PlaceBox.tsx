import { type ReactNode, type RefObject, useEffect } from "react";
import { t } from "../shared/catalogue";
import { withoutCapsLock } from "./keys";

interface Props {
  /** What it is, for who does not see it. */
  name: string;
  title: string;
  /** Where the reader clicked, in css px of the viewer. */
  at: readonly [number, number];
  box?: RefObject<HTMLDivElement | null>;
  /** What a key does beside Escape; true where it did something. */
  onKey?(key: string): boolean;
  onCancel(): void;
  children: ReactNode;
}

/** A question about a place of the slide, beside it; Escape takes it away. */
export function PlaceBox({ name, title, at, box, onKey, onCancel, children }: Props) {
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") onCancel();
      else if (event.repeat || !onKey?.(withoutCapsLock(event))) return;
      event.preventDefault();
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, [onKey, onCancel]);
  return (
    <div
      ref={box}
      className="class-picker"
      role="dialog"
      aria-label={name}
      tabIndex={-1}
      style={{
        left: `min(${at[0] + 16}px, calc(100% - 262px))`,
        top: `max(4px, min(${at[1]}px, calc(100% - var(--picker-height) - 10px)))`,
      }}
    >
      <header>
        <b>{title}</b>
        <button type="button" onClick={onCancel}>
          {t("Cancel")}
        </button>
      </header>
      {children}
    </div>
  );
}
