/** The page's words in the language that was chosen, or that the browser asks for. */

import { useEffect, useState } from "preact/hooks";
import { speak } from "../api/client";
import { remembered, remember } from "../state/memory";
import { en } from "./en";
import { es } from "./es";

export type Words = typeof en;
export type Language = "en" | "es";

const all: Record<Language, Words> = { en, es };
const listeners = new Set<() => void>();
let language: Language = "en";

export function startLanguage(): void {
  const wanted = remembered("language") ?? navigator.language.slice(0, 2);
  setLanguage(wanted === "es" ? "es" : "en");
}

export function setLanguage(chosen: Language): void {
  language = chosen;
  speak(chosen);
  document.documentElement.lang = chosen === "es" ? "es-AR" : "en";
  remember("language", chosen);
  for (const listener of [...listeners]) listener();
}

export const currentLanguage = (): Language => language;
export const words = (): Words => all[language];

/** The words, for a part that is drawn again when the language changes. */
export function useWords(): Words {
  const [spoken, setSpoken] = useState<Language>(language);
  useEffect(() => {
    const listener = () => setSpoken(language);
    listeners.add(listener);
    listener();
    return () => void listeners.delete(listener);
  }, []);
  return all[spoken];
}

/** What the server says, as a sentence begins. */
export const sentence = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);

/** A number as this language writes it. */
export function number(value: number, digits = 0): string {
  const written = value.toLocaleString(language === "es" ? "es-AR" : "en-GB", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return written.replace("-", "\u2212");
}
