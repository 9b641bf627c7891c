// Drives the page in Chromium as a person would: drop, transfer, switch, download, cancel, lessons. Ends with status 1
// and a sentence for everything that is not as it should be.
//
//   node tests/web/browser/drive.mjs [--server COMMAND] [--shots FOLDER] [--chromium PROGRAM]
//
// The page in src/estilo/web/ui/dist is served by a mock of the server (mock.mjs), or by the real one where COMMAND starts
// it: --server "estilo web --no-browser".

import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mockServer, rulesOfAxe } from "./mock.mjs";
import { sound, wav } from "./sounds.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const ui = join(here, "../../../src/estilo/web/ui");
const { chromium } = createRequire(join(ui, "package.json"))("playwright-core");
const { values: options } = parseArgs({
  options: {
    server: { type: "string" },
    shots: { type: "string" },
    chromium: { type: "string", default: "/usr/bin/chromium" },
  },
});

const faults = [];
const figures = {};
const expect = (holds, sentence) => {
  if (!holds) faults.push(sentence);
};

// Visits are sessions of their own, as they are with the real server.
const servers = [];
const real = options.server ? spawn(options.server, { shell: true, detached: true, stdio: ["ignore", "pipe", "pipe"] }) : null;
let printed = "";
real?.stdout.on("data", (text) => (printed += text));
real?.stderr.on("data", (text) => (printed += text));

/** The real server's address with the token for one more browser, which it prints whenever the last one has been used. */
async function entrance() {
  for (let n = 0; n < 600; n += 1) {
    const tokens = [...printed.matchAll(/token[^:\n]*: (\S+)/g)];
    const url = /http:\S+/.exec(printed);
    if (url && tokens.length > entered) return `${url[0]}#${tokens[entered++][1]}`;
    await new Promise((resume) => setTimeout(resume, 100));
  }
  throw new Error(`the server gave no address and token: ${printed}`);
}
let entered = 0;

async function address() {
  if (real) return entrance();
  const server = mockServer(join(ui, "dist"));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  return `http://127.0.0.1:${server.address().port}/`;
}

const browser = await chromium.launch({
  executablePath: options.chromium,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
  ],
});

async function visit(settings) {
  const context = await browser.newContext({ acceptDownloads: true, permissions: ["microphone"], ...settings });
  const page = await context.newPage();
  page.setDefaultTimeout(real ? 240_000 : 60_000);
  page.on("console", (message) => {
    // Chromium itself writes to the console that a file was refused, and that a page asks for the token first.
    if (message.type() === "error" && !/status of (401|415|422)/.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`error in the page: ${error.message}`));
  page.on("request", (request) => {
    const host = new URL(request.url()).hostname;
    if (!["127.0.0.1", ""].includes(host)) faults.push(`a request left the computer: ${request.url()}`);
  });
  await page.goto(await address());
  await page.locator(".cards .card").first().waitFor();
  return page;
}

async function shot(page, name, fullPage = true) {
  if (!options.shots) return;
  mkdirSync(options.shots, { recursive: true });
  await page.screenshot({ path: join(options.shots, `${name}.png`), fullPage });
}

async function drop(page, role, name, bytes) {
  const data = await page.evaluateHandle(
    ([name, letters]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0))], name));
      return transfer;
    },
    [name, bytes.toString("base64")],
  );
  await page.dispatchEvent(`.source[data-role=${role}]`, "drop", { dataTransfer: data });
}

async function accessible(page, what) {
  await page.evaluate(`(function(){var module={exports:{}};${rulesOfAxe(ui)}})()`).catch(() => undefined);
  const found = await page.evaluate(async () => {
    const results = await window.axe.run(document, { resultTypes: ["violations"] });
    return results.violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.slice(0, 3).map((node) => node.html.slice(0, 160)) }));
  });
  for (const { id, impact, nodes } of found) {
    if (impact === "serious" || impact === "critical") faults.push(`axe on ${what}: ${id} (${impact}) ${nodes.join(" | ")}`);
  }
}

const steps = {
  async "two files are dropped and become a result"(page) {
    await shot(page, "1-empty");
    await drop(page, "content", "tune.wav", wav(sound("melody")));
    await drop(page, "style", "bells.wav", wav(sound("bells")));
    await page.locator(".source .wave").nth(1).waitFor();
    await page.waitForTimeout(1500);
    await shot(page, "2-ready");
    await page.getByRole("button", { name: "Transfer", exact: true }).click();
    await page.locator(".job-open").waitFor();
    await shot(page, "3-running");
    await page.locator(".result .player").waitFor();
    await page.waitForTimeout(1000);
    await shot(page, "4-result");
  },
  async "lanes are switched while they play"(page) {
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await page.waitForTimeout(700);
    for (const lane of ["1", "2", "3"]) {
      await page.keyboard.press(lane);
      await page.waitForTimeout(150);
      expect((await page.locator(".player").getAttribute("data-heard")) === String(Number(lane) - 1), `key ${lane} did not switch to its lane`);
    }
    expect((await page.locator(".player").getAttribute("data-playing")) === "true", "switching lanes stopped the sound");
    const slider = page.getByRole("slider", { name: "Position" });
    const before = Number(await slider.getAttribute("aria-valuenow"));
    await page.waitForTimeout(500);
    expect(Number(await slider.getAttribute("aria-valuenow")) > before, "the playhead does not move while it plays");
    await slider.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press(" ");
    const { x, y, width } = await slider.boundingBox();
    await page.mouse.move(x + 0.2 * width, y + 40);
    await page.mouse.down();
    await page.mouse.move(x + 0.5 * width, y + 60, { steps: 4 });
    await page.mouse.up();
    expect((await page.locator(".loop-part").count()) === 1, "dragging over the lanes takes no part to repeat");
    await page.getByText("Difference", { exact: true }).click();
    await page.waitForTimeout(400);
    await shot(page, "5-difference");
    await page.getByText("Spectrogram", { exact: true }).click();
  },
  async "files are downloaded"(page) {
    for (const name of ["WAV", "FLAC", "Recipe"]) {
      const coming = page.waitForEvent("download");
      await page.getByRole("link", { name, exact: true }).click();
      const download = await coming;
      expect((await download.failure()) === null, `${name} could not be downloaded`);
    }
  },
  async "a part is chosen and settings are generated"(page) {
    await page.locator(".source .ends input").first().fill("1");
    await page.locator(".source .ends input").first().press("Enter");
    await page.locator(".engines > summary").click();
    await page.locator(".card", { hasText: "Mosaic" }).click();
    await page.getByText("More settings").click();
    expect((await page.locator(".setting").count()) > 0, "the engine's settings are not shown");
    await page.waitForTimeout(300);
    await shot(page, "6-settings");
    await accessible(page, "the studio");
  },
  async "a second result is compared with the first, and both are there when the page is loaded again"(page) {
    await page.getByRole("button", { name: "Transfer", exact: true }).click();
    await page.locator(".history li").nth(1).waitFor();
    await page.getByRole("button", { name: "Compare", exact: true }).last().click();
    await page.getByRole("heading", { name: "Two results" }).waitFor();
    await page.locator(".result .player").waitFor();
    await page.waitForTimeout(800);
    await shot(page, "6-compared");
    await page.reload();
    await page.locator(".result .player").waitFor();
    expect((await page.locator(".source .wave").count()) === 2, "recordings are lost when the page is loaded again");
    expect((await page.locator(".history li").count()) === 2, "the history is lost when the page is loaded again");
  },
  async "two styles are two lanes, and the keys reach all four"(page) {
    await page.getByRole("button", { name: "Add another style" }).click();
    await page.locator(".source[data-role=style]").nth(1).getByRole("button", { name: "drums" }).click();
    await page.locator(".source .wave").nth(2).waitFor();
    await page.getByRole("button", { name: "Transfer", exact: true }).click();
    await page.locator(".history li").nth(2).waitFor();
    await page.locator(".lane-name").nth(3).waitFor();
    await page.keyboard.press("3");
    expect((await page.locator(".player").getAttribute("data-heard")) === "2", "key 3 does not reach the second style");
    await page.waitForTimeout(800);
    // Engines that take no moments of the style have none to show.
    if ((await page.locator(".grains").count()) > 0) await page.locator(".grains summary").click();
    await page.locator(".scores summary").click();
    await shot(page, "6-styles");
    await page.getByRole("button", { name: "Remove: Style 2" }).click();
  },
  async "a running transfer is cancelled"(page) {
    await page.locator("#strength").fill("0.5");
    await page.getByRole("button", { name: "Transfer", exact: true }).click();
    const from = Date.now();
    await page.getByRole("button", { name: "Cancel" }).first().click();
    await page.getByText("Cancelled.").first().waitFor();
    figures["cancel to shown, ms"] = Date.now() - from;
  },
  async "a file that is no recording is refused in words"(page) {
    await page.getByRole("button", { name: "Remove: Style" }).click();
    await drop(page, "style", "letter.txt", Buffer.from("Dear Sir or Madam"));
    await page.locator(".source .notice.bad").waitFor();
    await shot(page, "7-refused");
  },
  async "the microphone is a recording"(page) {
    await page.locator("[data-role=style]").getByRole("button", { name: "Record" }).click();
    await page.waitForTimeout(1200);
    await page.getByRole("button", { name: "Stop and use it" }).click();
    await page.locator("[data-role=style] .wave").waitFor();
  },
  async "Spanish has all the words"(page) {
    await page.getByRole("button", { name: "Español" }).click();
    await page.getByRole("button", { name: "Transferir" }).waitFor();
    await shot(page, "8-spanish");
    await page.getByRole("button", { name: "English" }).click();
  },
  async "the lessons compute"(page) {
    await page.getByRole("link", { name: "Lessons" }).click();
    await page.locator(".lesson").nth(4).waitFor();
    for (const lesson of await page.locator(".lesson").all()) await lesson.locator(".finding").waitFor();
    await page.waitForTimeout(500);
    await shot(page, "9-lessons");
    await accessible(page, "the lessons");
  },
};

/** Goes to the element with this name by the Tab key alone. */
async function tabTo(page, name) {
  for (let n = 0; n < 120; n += 1) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");
    if (here.trim().startsWith(name)) return;
  }
  throw new Error(`the Tab key does not reach: ${name}`);
}

async function looks(name, settings) {
  const other = await visit({ locale: "en-GB", ...settings });
  await shot(other, `${name}-empty`);
  const from = Date.now();
  const example = other.getByRole("button", { name: /Hear an example/ });
  if (settings.hasTouch) await example.tap();
  else await tabTo(other, "Hear an example");
  if (!settings.hasTouch) await other.keyboard.press("Enter");
  await other.locator(".result .player").waitFor();
  figures[`${name}, from one click to a result, ms`] = Date.now() - from;
  await other.waitForTimeout(2000);
  const wide = await other.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide <= 0, `${name}: the page is ${wide} px wider than the window`);
  await shot(other, `${name}-result`);
  await accessible(other, name);
  if (!settings.hasTouch) {
    await tabTo(other, "Play");
    await other.keyboard.press("Enter");
    expect((await other.locator(".player").getAttribute("data-playing")) === "true", `${name}: the keyboard alone does not play the result`);
  }
  await other.getByRole("link", { name: "Lessons" }).click();
  await other.locator(".lesson .finding").nth(4).waitFor();
  await other.waitForTimeout(500);
  const lessons = await other.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(lessons <= 0, `${name}: the lessons are ${lessons} px wider than the window`);
  await shot(other, `${name}-lessons`);
  await other.context().close();
}

try {
  const page = await visit({ viewport: { width: 1280, height: 900 }, colorScheme: "light", locale: "en-GB" });
  figures["first paint, ms"] = await page.evaluate(() => Math.round(performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1));
  figures["page, kB"] = await page.evaluate(() =>
    Math.round(["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind)).filter((entry) => !entry.name.includes("/api/")).reduce((sum, entry) => sum + entry.decodedBodySize, 0) / 1000),
  );
  await accessible(page, "the empty page");
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step(page);
      console.log(`holds: ${name}`);
    } catch (error) {
      faults.push(`${name}: ${error.message.split("\n").slice(0, 3).join(" ")}`);
      await shot(page, "failed");
      break;
    }
  }
  for (const [name, settings] of Object.entries({
    "desktop-dark": { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
    "phone-light": { viewport: { width: 360, height: 740 }, colorScheme: "light", hasTouch: true, deviceScaleFactor: 2 },
    "phone-dark": { viewport: { width: 360, height: 740 }, colorScheme: "dark", reducedMotion: "reduce", deviceScaleFactor: 2 },
  })) {
    try {
      await looks(name, settings);
    } catch (error) {
      faults.push(`${name}: ${error.message.split("\n").slice(0, 3).join(" ")}`);
    }
  }
} finally {
  await browser.close();
  for (const server of servers) server.close();
  if (real) process.kill(-real.pid, "SIGTERM");
}
if (options.shots) writeFileSync(join(options.shots, "figures.json"), JSON.stringify(figures, null, 1));
console.log(figures);
for (const fault of new Set(faults)) console.log(`fault: ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);
