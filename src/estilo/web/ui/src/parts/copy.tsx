/** Something to take along: a text with a button that copies it. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useWords } from "../words";
import { Icon } from "./icons";

export function Copy({ title, text }: { title: string; text: string }): JSX.Element {
  const w = useWords();
  const [state, setState] = useState<"before" | "done" | "failed">("before");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("done");
    } catch {
      setState("failed");
    }
    setTimeout(() => setState("before"), 2500);
  };
  return (
    <div class="copy">
      <div class="copy-head">
        <h4>{title}</h4>
        <button type="button" class="quiet" aria-label={w.keep.copyOf(title)} onClick={() => void copy()}>
          <Icon name={state === "done" ? "check" : "copy"} />
          <span role="status">{state === "done" ? w.keep.copied : state === "failed" ? w.keep.notCopied : w.keep.copy}</span>
        </button>
      </div>
      <pre tabIndex={0} aria-label={title}>
        <code>{text}</code>
      </pre>
    </div>
  );
}
