/** The few signs of the page: drawn with the colour of the text, and silent for screen readers. */

import type { JSX } from "preact";

const PATHS = {
  play: <path d="M7 4.500v15l12-7.500z" fill="currentColor" stroke="none" />,
  pause: <path d="M8 5v14M16 5v14" />,
  loop: <path d="M17 3l3 3-3 3M4 11V9a3 3 0 0 1 3-3h13M7 21l-3-3 3-3M20 13v2a3 3 0 0 1-3 3H4" />,
  close: <path d="M6 6l12 12M18 6L6 18" />,
  plus: <path d="M12 5v14M5 12h14" />,
  mic: <path d="M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5 11v1a7 7 0 0 0 14 0v-1M12 19v3" />,
  file: <path d="M12 16V4M7 9l5-5 5 5M4 20h16" />,
  down: <path d="M12 4v12M7 11l5 5 5-5M4 20h16" />,
  copy: <path d="M9 9h11v11H9zM5 15H4V4h11v1" />,
  check: <path d="M5 12.500l4.500 4.500L19 7" />,
  stop: <rect x="6" y="6" width="12" height="12" rx="1.500" fill="currentColor" stroke="none" />,
  sun: <path d="M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600L19 19M5 19l1.400-1.400M17.600 6.400L19 5" />,
  moon: <path d="M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500z" />,
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {PATHS[name]}
    </svg>
  );
}

export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M4 13v6M10 8v16M16 12v8M22 4v24M28 13v6" />
    </svg>
  );
}
