import { QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { writeTimes } from "../base/times";
import "../base/base.css";
import { pageData } from "../shared/api";
import { queries } from "../shared/queries";
import { offerThemes } from "../shared/theme";
import type { Room } from "../shared/types";
import { CaseDesk } from "./CaseDesk";
import "./case.css";

offerThemes();
writeTimes(document);
const client = queries();
const element = document.getElementById("case-island");
if (element) {
  createRoot(element).render(
    <QueryClientProvider client={client}>
      <CaseDesk first={pageData<Room>("case-data")} />
    </QueryClientProvider>,
  );
}
