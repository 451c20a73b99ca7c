import "./base.css";
import { offerThemes } from "../shared/theme";

offerThemes();
