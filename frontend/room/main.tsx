import { QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import "../base/base.css";
import { pageData } from "../shared/api";
import { queries } from "../shared/queries";
import { offerThemes } from "../shared/theme";
import { type First, Room } from "./Room";
import "./room.css";

offerThemes();
const client = queries();
const element = document.getElementById("room");
if (element) {
  createRoot(element).render(
    <QueryClientProvider client={client}>
      <Room first={pageData<First>("room-data")} />
    </QueryClientProvider>,
  );
}
