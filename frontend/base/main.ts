import { writeTimes } from "./times";
import "./base.css";
import { offerThemes } from "../shared/theme";
import { refreshAfter } from "./refresh";

offerThemes();
writeTimes(document);
const busy = document.querySelector<HTMLElement>("[data-refresh-s]");
refreshAfter(
  Number(busy?.dataset.refreshS),
  () => document.activeElement?.closest("form") != null,
  () => location.reload(),
  setTimeout,
);
