import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import "../base/base.css";
import { pageData } from "../shared/api";
import { type First, Room } from "./Room";
import "./room.css";

const client = new QueryClient({ defaultOptions: { queries: { refetchOnWindowFocus: false, retry: 1 } } });
const element = document.getElementById("room");
if (element) {
  createRoot(element).render(
    <QueryClientProvider client={client}>
      <Room first={pageData<First>("room-data")} />
    </QueryClientProvider>,
  );
}
