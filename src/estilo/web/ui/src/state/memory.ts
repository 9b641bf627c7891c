/** Small choices that outlive a visit: language and appearance. Nothing of what was heard. */

type Choice = "language" | "appearance";

export function remembered(choice: Choice): string | null {
  try {
    return localStorage.getItem(`estilo.${choice}`);
  } catch {
    return null;
  }
}

export function remember(choice: Choice, value: string): void {
  try {
    localStorage.setItem(`estilo.${choice}`, value);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}
