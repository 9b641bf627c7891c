/** The page begins here. */

import { render } from "preact";
import { App } from "./parts/app";
import { startAppearance } from "./state/appearance";
import { begin } from "./state/actions";
import { startLanguage } from "./words";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/sources.css";
import "./styles/studio.css";
import "./styles/result.css";
import "./styles/lessons.css";

startLanguage();
startAppearance();
void begin();
// A file that is dropped beside a place for it would take the browser away from the page.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
const page = document.getElementById("page");
if (page) render(<App />, page);
