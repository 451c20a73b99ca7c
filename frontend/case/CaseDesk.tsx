import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { get, send, unreachable } from "../shared/api";
import { t } from "../shared/catalogue";
import { ExportMenu } from "../shared/ExportMenu";
import { endedText } from "../shared/ended";
import { dayTime, slideTitle } from "../shared/format";
import { Notices } from "../shared/Notices";
import { Presence } from "../shared/Presence";
import { forgetPresence, hearPresence } from "../shared/presence";
import { live } from "../shared/socket";
import type { Room } from "../shared/types";
import { Archive } from "./Archive";
import { BloodCount } from "./BloodCount";
import { DeleteCase } from "./DeleteCase";
import { Facts } from "./Facts";
import { followPage } from "./follow";
import { History } from "./History";
import { Readers } from "./Readers";
import { Reading } from "./Reading";
import { Signature } from "./Signature";
import { SlideItem } from "./SlideItem";
import { UploadBox } from "./UploadBox";
import { Urgency } from "./Urgency";

/** A case at work: who reads it, its slides, what is done with them. */
export function CaseDesk({ first }: { first: Room }) {
  const client = useQueryClient();
  const { accession } = first.case;
  const key = ["room", accession];
  const room = useQuery({
    queryKey: key,
    initialData: first,
    queryFn: () => get<Room>(`/api/v1/cases/${accession}/room/`),
  });
  const [problem, setProblem] = useState("");
  const again = () => client.invalidateQueries({ queryKey: key });
  // biome-ignore lint/correctness/useExhaustiveDependencies: one socket a case
  useEffect(() => {
    const socket = live(
      `/ws/cases/${accession}/`,
      (news: { type: string }) => {
        if (!hearPresence(client, accession, news)) void again();
      },
      () => {
        forgetPresence(client, accession);
        void again();
      },
    );
    return () => socket.close();
  }, [accession]);
  const data = room.data;
  const gone = room.error && !unreachable(room.error) ? endedText(room.error) || room.error.message : "";
  const state = useRef(first.case.state);
  useEffect(() => {
    if (state.current === data.case.state) return;
    state.current = data.case.state;
    void followPage();
  }, [data.case.state]);
  const may = data.me.rights.includes("annotate") && !data.case.locked;

  async function act(work: () => Promise<unknown>): Promise<boolean> {
    setProblem("");
    let success = true;
    try {
      await work();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      success = false;
    }
    void again();
    return success;
  }

  return (
    <>
      <Notices />
      <Presence accession={accession} />
      {(problem || gone) && (
        <p className="error" role="alert">
          {problem || gone}
        </p>
      )}
      {!data.case.locked && (
        <Urgency
          urgent={data.case.urgent}
          may={data.me.rights.includes("annotate")}
          onUrgent={(urgent) => void act(() => send("POST", `/api/v1/cases/${accession}/urgent/`, { urgent }))}
        />
      )}
      {data.case.archived_at && (
        <p className="facts">
          <strong>{t("In the archive since {time}.", { time: dayTime(data.case.archived_at) })}</strong>
        </p>
      )}
      <Facts facts={data.case} may={may} act={act} />
      <div className="slides-head">
        <h2>{t("Slides")}</h2>
        {data.slides.some((slide) => slide.jobs?.some((job) => job.reported)) && (
          <ExportMenu of={`cases/${accession}`} what={t("the reported analyses")} signed={data.case.locked} />
        )}
      </div>
      {data.slides.length === 0 && (
        <p className="empty">
          {t("No slides yet.")} {may && t("Add a slide file, or the photographs of one slide, below.")}
        </p>
      )}
      <ul className="slides">
        {data.slides.map((slide, place) => {
          const at = `/api/v1/slides/${slide.id}/`;
          return (
            <SlideItem
              key={slide.id}
              slide={slide}
              title={slideTitle(slide, place)}
              schemas={data.schemas}
              mayReview={data.me.rights.includes("review") && !data.case.locked}
              signed={data.case.locked}
              seesIdentity={data.me.sees_identity}
              onDecided={() => void again()}
              accession={accession}
              may={may}
              protocols={data.protocols}
              onOrder={(protocol) => void act(() => send("POST", `${at}jobs/`, { protocol }))}
              onRemove={() => void act(() => send("DELETE", at))}
              onRemoved={() => void again()}
              onConvert={() => void act(() => send("POST", `${at}conversion/`))}
              onColour={(colour) => void act(() => send("PATCH", at, { colour }))}
              onReport={(job) => void act(() => send("POST", `/api/v1/jobs/${job.id}/choose/`))}
              onName={(name) => void act(() => send("PATCH", at, { name }))}
              onSpecimen={(specimen) => void act(() => send("PATCH", at, { specimen }))}
              onSite={(site) => void act(() => send("PATCH", at, { site }))}
              onScale={(scale) => act(() => send("PATCH", at, scale))}
              onJob={(job, what) => void act(() => send("POST", `/api/v1/jobs/${job.id}/${what}/`))}
            />
          );
        })}
      </ul>
      {may && <UploadBox accession={accession} onDone={() => void again()} />}
      <Reading
        data={data}
        onReader={(username, word) => act(() => send("POST", `/api/v1/cases/${accession}/reader/`, { username, word }))}
        onConclusion={(conclusion, before) =>
          act(() => send("POST", `/api/v1/cases/${accession}/conclusion/`, { conclusion, before }))
        }
        onComment={(comment, before) =>
          act(() => send("POST", `/api/v1/cases/${accession}/comment/`, { comment, before }))
        }
      />
      <Readers data={data} act={act} />
      <Signature data={data} />
      <BloodCount accession={accession} may={may} act={act} />
      <History accession={accession} />
      <p className="actions case-end">
        <Archive
          archived={data.case.archived_at !== null}
          may={data.me.rights.includes("sign") || data.me.rights.includes("administer")}
          onArchive={(archived, reason) =>
            void act(() => send("POST", `/api/v1/cases/${accession}/archived/`, { archived, reason }))
          }
        />
        {data.me.rights.includes("administer") && data.reports.length === 0 && <DeleteCase accession={accession} />}
      </p>
    </>
  );
}
