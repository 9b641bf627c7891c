/** The rules of wavesurfer's shadow root as a constructed style sheet.
 *
 * The library writes them in a style element, which a strict content security policy refuses and the build takes out
 * (vite.config.ts). Constructed sheets are allowed by that policy.
 */

const RULES = `
:host { user-select: none; min-width: 1px; }
.scroll { overflow-x: auto; overflow-y: hidden; width: 100%; position: relative; }
.noScrollbar { scrollbar-color: transparent; scrollbar-width: none; }
.wrapper { position: relative; overflow: visible; z-index: 2; }
.canvases { min-height: 72px; pointer-events: none; }
.canvases > div, .progress > div { position: relative; }
canvas { display: block; position: absolute; top: 0; }
.progress, .cursor { pointer-events: none; position: absolute; top: 0; left: 0; height: 100%; }
.progress { z-index: 2; width: 0; overflow: hidden; }
.cursor { z-index: 5; border-radius: 2px; }
`;

let sheet: CSSStyleSheet | null = null;

export function dress(inside: Element): void {
  const root = inside.getRootNode();
  if (!(root instanceof ShadowRoot)) return;
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(RULES);
  }
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}
