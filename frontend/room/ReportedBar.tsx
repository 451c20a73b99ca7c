import { t } from "../shared/catalogue";
import { analysisName } from "../shared/format";
import type { Analysis } from "../shared/types";
import { type Choice, replacedText } from "./reported";

interface Props {
  reported: Analysis;
  choice: Choice | undefined;
  onOpen(job: string): void;
}

/** Stays for as long as another analysis than the open one is reported: what is labelled here is not in the report. */
export function ReportedBar({ reported, choice, onOpen }: Props) {
  return (
    <p className="notice" role="status">
      <b>{replacedText(choice)}</b>{" "}
      {t("It is {analysis}. The one that you opened stays open, with all that you did in it.", {
        analysis: analysisName(reported),
      })}{" "}
      <button type="button" onClick={() => onOpen(reported.id)}>
        {t("Open it")}
      </button>
    </p>
  );
}
