import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import "../base/base.css";
import { pageData } from "../shared/api";
import type { Room } from "../shared/types";
import { CaseDesk } from "./CaseDesk";
import "./case.css";

const client = new QueryClient({ defaultOptions: { queries: { refetchOnWindowFocus: false, retry: 1 } } });
const element = document.getElementById("case-island");
if (element) {
  createRoot(element).render(
    <QueryClientProvider client={client}>
      <CaseDesk first={pageData<Room>("case-data")} />
    </QueryClientProvider>,
  );
}
