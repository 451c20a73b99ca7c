import "./base.css";
import { refreshAfter } from "./refresh";

const busy = document.querySelector<HTMLElement>("[data-refresh-s]");
refreshAfter(
  Number(busy?.dataset.refreshS),
  () => document.activeElement?.closest("form") != null,
  () => location.reload(),
  setTimeout,
);
