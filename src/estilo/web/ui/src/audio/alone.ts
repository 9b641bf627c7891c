/** One thing sounds at a time, wherever on the page it is. */

let silence: (() => void) | null = null;

/** Says that something begins to sound, and how to silence it; whatever sounded before is silenced. */
export function soundAlone(silenceThis: () => void): void {
  const before = silence;
  silence = silenceThis;
  if (before !== silenceThis) before?.();
}
