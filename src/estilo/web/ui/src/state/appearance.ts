/** Light or dark, as the system has it or as somebody chose. */

import { useEffect, useState } from "preact/hooks";
import { remember, remembered } from "./memory";

export type Appearance = "system" | "light" | "dark";

const listeners = new Set<() => void>();
const system = matchMedia("(prefers-color-scheme: dark)");
let chosen: Appearance = "system";

export function startAppearance(): void {
  const kept = remembered("appearance");
  setAppearance(kept === "light" || kept === "dark" ? kept : "system");
  system.addEventListener("change", tell);
}

export function setAppearance(appearance: Appearance): void {
  chosen = appearance;
  remember("appearance", appearance);
  tell();
}

export const isDark = (): boolean => (chosen === "system" ? system.matches : chosen === "dark");

function tell(): void {
  document.documentElement.dataset["appearance"] = isDark() ? "dark" : "light";
  for (const listener of [...listeners]) listener();
}

/** Whether the page is dark, for what is drawn on canvases and has to be drawn again when it changes. */
export function useDark(): boolean {
  const [dark, setDark] = useState(isDark());
  useEffect(() => {
    const listener = () => setDark(isDark());
    listeners.add(listener);
    listener();
    return () => void listeners.delete(listener);
  }, []);
  return dark;
}
