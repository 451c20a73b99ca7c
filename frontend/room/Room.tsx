import { useQuery, useQueryClient } from "@tanstack/react-query";
import { get, unreachable } from "../shared/api";
import { t } from "../shared/catalogue";
import { endedText } from "../shared/ended";
import type { Room as RoomData, TileAccess } from "../shared/types";
import { Desk } from "./Desk";
import { useLive } from "./live";

/** What the page was given with it: the room, and the right to the tiles of the slide it opens with. */
export interface First {
  accession: string;
  room: RoomData;
  tiles: TileAccess | null;
}

export function Room({ first }: { first: First }) {
  const { accession } = first;
  const client = useQueryClient();
  const room = useQuery({
    queryKey: ["room", accession],
    initialData: first.room,
    queryFn: () => get<RoomData>(`/api/v1/cases/${accession}/room/`),
  });
  useLive(accession, client);
  const ended = endedText(room.error);
  if (room.isError && !ended && !unreachable(room.error))
    return (
      <p className="room-note" role="alert">
        {room.error.message} <a href="/">{t("Back to the worklist")}</a>
      </p>
    );
  return <Desk data={room.data} tiles={first.tiles} opens_with={first.room.opens_with} ended={ended} />;
}
