import { type ReactNode, useEffect, useRef } from "react";
import { t } from "./catalogue";
import "./dialog.css";

/** A modal dialog; Escape and the cross close it. */
export function Dialog({ title, onClose, children }: { title: string; onClose(): void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
  }, []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-label={title}>
      <header>
        <h2>{title}</h2>
        <button type="button" className="plain" aria-label={t("Close")} onClick={onClose}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}

interface FooterProps {
  /** What the form's own button does. */
  verb: string;
  disabled?: boolean;
  onCancel(): void;
}

/** The end of a dialog's form: leave it as it was, or do what it asks. */
export function FormFooter({ verb, disabled = false, onCancel }: FooterProps) {
  return (
    <footer>
      <button type="button" onClick={onCancel}>
        {t("Cancel")}
      </button>
      <button type="submit" className="primary" disabled={disabled}>
        {verb}
      </button>
    </footer>
  );
}
