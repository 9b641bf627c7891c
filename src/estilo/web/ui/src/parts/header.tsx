/** The name, the two places, the language and the appearance. */

import type { JSX } from "preact";
import { isDark, setAppearance, useDark } from "../state/appearance";
import { currentLanguage, setLanguage, useWords } from "../words";
import type { Place } from "./app";
import { Icon, Mark } from "./icons";

export function Header({ place }: { place: Place }): JSX.Element {
  const w = useWords();
  const dark = useDark();
  const other = currentLanguage() === "en" ? "es" : "en";
  return (
    <header class="head">
      <a class="brand" href="#studio">
        <Mark />
        estilo
      </a>
      <nav class="places" aria-label={w.nav.label}>
        <a href="#studio" aria-current={place === "studio" ? "page" : undefined}>
          {w.nav.studio}
        </a>
        <a href="#lessons" aria-current={place === "lessons" ? "page" : undefined}>
          {w.nav.lessons}
        </a>
      </nav>
      <div class="tools">
        <button type="button" class="quiet" lang={other === "es" ? "es-AR" : "en"} onClick={() => setLanguage(other)}>
          {other === "es" ? "Español" : "English"}
        </button>
        <button
          type="button"
          class="quiet round"
          aria-label={dark ? w.nav.light : w.nav.dark}
          title={dark ? w.nav.light : w.nav.dark}
          onClick={() => setAppearance(isDark() ? "light" : "dark")}
        >
          <Icon name={dark ? "sun" : "moon"} />
        </button>
      </div>
    </header>
  );
}
