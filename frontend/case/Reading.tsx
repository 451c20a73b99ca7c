import { type FormEvent, useState } from "react";
import { ChangedMeanwhile } from "../shared/ChangedMeanwhile";
import { t } from "../shared/catalogue";
import { dayTime } from "../shared/format";
import type { Room } from "../shared/types";
import { Conclusion } from "./Conclusion";

/** No user name: those have no blank. */
const NOBODY = t("to nobody");

interface Props {
  data: Room;
  onReader(username: string | null, word: string): Promise<boolean>;
  /** `before` is the text that the writer saw there; so it is of the conclusion. */
  onComment(comment: string, before: string): Promise<boolean>;
  onConclusion(conclusion: string, before: string): Promise<boolean>;
}

/** Who reads the case, what was said when it was handed over, the conclusion and the comment that the report will carry. */
export function Reading({ data, onReader, onComment, onConclusion }: Props) {
  const { handover } = data;
  return (
    <section className="sheet reading" aria-label={t("Reading")}>
      <p>
        <span className="soft">{t("Reader")}</span> <b>{data.case.reader?.name ?? t("nobody yet")}</b>
      </p>
      {handover && (
        <blockquote>
          {handover.word}
          <footer className="soft">
            {handover.by}, {dayTime(handover.at)}
          </footer>
        </blockquote>
      )}
      <HandOver data={data} onReader={onReader} />
      <Conclusion data={data} onConclusion={onConclusion} />
      <Comment data={data} onComment={onComment} />
    </section>
  );
}

function HandOver({ data, onReader }: Pick<Props, "data" | "onReader">) {
  const [open, setOpen] = useState(false);
  const [to, setTo] = useState("");
  const [word, setWord] = useState("");
  const { me, readers } = data;
  const { reader } = data.case;
  const mine = reader?.id === me.id;
  const reviews = readers.some((r) => r.id === me.id);
  const assigns = me.rights.includes("sign") || me.rights.includes("administer");
  const mayHandOver = assigns || (reviews && (mine || reader === null));
  const others = readers.filter((r) => r.id !== reader?.id);
  async function hand(event: FormEvent) {
    event.preventDefault();
    if (!(await onReader(to === NOBODY ? null : to, word))) return;
    setOpen(false);
    setTo("");
    setWord("");
  }
  if (data.case.locked || !mayHandOver) return null;
  if (!open)
    return (
      <p className="actions">
        {reviews && !mine && (
          <button type="button" onClick={() => void onReader(me.username, "")}>
            {t("Take this case")}
          </button>
        )}
        {others.length > 0 && (
          <button type="button" onClick={() => setOpen(true)}>
            {reader ? t("Hand over…") : t("Assign…")}
          </button>
        )}
      </p>
    );
  return (
    <form onSubmit={(event) => void hand(event)}>
      <label>
        {t("New reader")}{" "}
        <select value={to} required onChange={(e) => setTo(e.target.value)}>
          <option value="">{t("Choose…")}</option>
          {reader && <option value={NOBODY}>{t("nobody: anyone may take it")}</option>}
          {others.map((r) => (
            <option key={r.id} value={r.username}>
              {r.name}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("Note for the new reader")} <textarea rows={2} value={word} onChange={(e) => setWord(e.target.value)} />
      </label>
      <p className="actions">
        <button type="submit" className="primary">
          {reader ? t("Hand over") : t("Assign")}
        </button>
        <button type="button" onClick={() => setOpen(false)}>
          {t("Cancel")}
        </button>
      </p>
    </form>
  );
}

function Comment({ data, onComment }: Pick<Props, "data" | "onComment">) {
  const [text, setText] = useState<string | null>(null);
  const [before, setBefore] = useState("");
  const may = data.me.rights.includes("annotate") && !data.case.locked;
  if (text === null)
    return (
      <div className="comment">
        <span className="soft">{t("Comment for the report")}</span>{" "}
        {data.case.comment ? <p className="written">{data.case.comment}</p> : <span>{t("none yet")}</span>}{" "}
        {may && (
          <button
            type="button"
            onClick={() => {
              setText(data.case.comment);
              setBefore(data.case.comment);
            }}
          >
            {data.case.comment ? t("Edit comment…") : t("Write a comment…")}
          </button>
        )}
      </div>
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void onComment(text, data.case.comment).then((saved) => saved && setText(null));
      }}
    >
      <label>
        {t("Comment for the report")} <textarea rows={5} value={text} onChange={(e) => setText(e.target.value)} />
      </label>
      <ChangedMeanwhile which="comment" before={before} now={data.case.comment} />
      <p className="actions">
        <button type="submit" className="primary">
          {t("Save")}
        </button>
        <button type="button" onClick={() => setText(null)}>
          {t("Cancel")}
        </button>
      </p>
    </form>
  );
}
