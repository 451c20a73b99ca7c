import { useState } from "react";
import { AmendDialog } from "../shared/AmendDialog";
import { t } from "../shared/catalogue";
import { addressOf } from "../shared/holds";
import { SignDialog } from "../shared/SignDialog";
import type { Case, Room } from "../shared/types";
import { showReaders } from "./Readers";

/** States of a case in which it can be signed. */
const READY: readonly Case["state"][] = ["in-review", "amended"];

/** Sign the case, or open a signed one again, for who may; nothing for all others, and before there is anything to sign. */
export function Signature({ data }: { data: Room }) {
  const [dialog, setDialog] = useState<"" | "sign" | "amend">("");
  const { state, accession } = data.case;
  const ready = READY.includes(state);
  if (!data.me.rights.includes("sign") || !(ready || data.case.locked)) return null;
  const close = () => setDialog("");
  // Head, files and what may be changed are all of another state then.
  const again = () => location.reload();
  return (
    <section className="block signature">
      <h2>{t("Signature")}</h2>
      <p className="soft">
        {ready
          ? t("The dialog shows what you sign and what must be resolved first.")
          : t("The case is signed; amend it to change anything.")}
      </p>
      {ready ? (
        <button type="button" className="primary" onClick={() => setDialog("sign")}>
          {t("Sign…")}
        </button>
      ) : (
        <button type="button" onClick={() => setDialog("amend")}>
          {t("Amend…")}
        </button>
      )}
      {dialog === "sign" && (
        <SignDialog
          current={data.case}
          counts={null}
          onClose={close}
          onSigned={again}
          onSee={(place) => {
            close();
            location.assign(addressOf(accession, place, data));
            showReaders();
          }}
        />
      )}
      {dialog === "amend" && <AmendDialog current={data.case} onClose={close} onAmended={again} />}
    </section>
  );
}
