/** Five lessons on the recordings of the studio. */

import type { JSX } from "preact";
import { useWords } from "../words";

export function Lessons(): JSX.Element {
  const w = useWords();
  return (
    <div class="lessons">
      <h1>{w.lessons.title}</h1>
    </div>
  );
}
