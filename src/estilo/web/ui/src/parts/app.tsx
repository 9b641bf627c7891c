/** The whole page: what is always there, and one of two places. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Lessons } from "../lessons/lessons";
import { useWords } from "../words";
import { Header } from "./header";
import { Studio } from "./studio";

export type Place = "studio" | "lessons";

const here = (): Place => (location.hash === "#lessons" ? "lessons" : "studio");

export function App(): JSX.Element {
  const w = useWords();
  const [place, setPlace] = useState<Place>(here());
  useEffect(() => {
    const go = () => {
      setPlace(here());
      scrollTo(0, 0);
    };
    addEventListener("hashchange", go);
    return () => removeEventListener("hashchange", go);
  }, []);
  useEffect(() => {
    document.title = place === "studio" ? w.title : `${w.nav.lessons} · estilo`;
  }, [place, w]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => skip(event)}>
        {w.nav.skip}
      </a>
      <Header place={place} />
      <main id="main" tabIndex={-1}>
        {place === "studio" ? <Studio /> : <Lessons />}
      </main>
      <footer class="foot">{w.local}</footer>
    </>
  );
}

function skip(event: MouseEvent): void {
  // The address keeps saying which of the two places this is.
  event.preventDefault();
  document.getElementById("main")?.focus();
}
