import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import "../base/base.css";
import { pageData } from "../shared/api";
import { Room } from "./Room";
import "./room.css";

const client = new QueryClient({ defaultOptions: { queries: { refetchOnWindowFocus: false, retry: 1 } } });
const element = document.getElementById("room");
if (element) {
  const { accession } = pageData<{ accession: string }>("room-data");
  createRoot(element).render(
    <QueryClientProvider client={client}>
      <Room accession={accession} />
    </QueryClientProvider>,
  );
}
