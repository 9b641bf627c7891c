import { defineConfig, type Plugin } from "vite";

const STYLE_ELEMENT = /<style\$\{[\s\S]*?<\/style>/;

/** Takes the style element out of wavesurfer's shadow root, which `style-src 'self'` would refuse.
 *
 * The same rules come back as a constructed style sheet (src/parts/wave-sheet.ts), which that policy allows.
 */
function withoutStyleElement(): Plugin {
  return {
    name: "wavesurfer-without-style-element",
    apply: "build",
    transform(code, id) {
      if (!/wavesurfer\.js\/dist\/(wavesurfer|renderer)[^/]*\.js$/.test(id)) return null;
      if (!code.includes("attachShadow")) return null;
      if (!STYLE_ELEMENT.test(code)) {
        this.error("wavesurfer.js no longer has the style element that is taken out here: look at how it styles its shadow root.");
      }
      return { code: code.replace(STYLE_ELEMENT, ""), map: null };
    },
  };
}

export default defineConfig({
  plugins: [withoutStyleElement()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { host: "127.0.0.1", proxy: { "/api": "http://127.0.0.1:8765" } },
  build: {
    target: "es2022",
    outDir: "dist",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: "assets/licences.md" },
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"] },
} as Parameters<typeof defineConfig>[0]);
