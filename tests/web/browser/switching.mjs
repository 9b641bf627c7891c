// Measures what is heard while lanes are switched: the page's own player renders into samples in Chromium, and known
// signals say what they should be. Ends with status 1 and a sentence for everything that is not as it should be.
//
//   node tests/web/browser/switching.mjs [--chromium PROGRAM]

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const ui = join(dirname(fileURLToPath(import.meta.url)), "../../../src/estilo/web/ui");
const from = createRequire(join(ui, "package.json"));
const { chromium } = from("playwright-core");
const { createServer } = await import(pathToFileURL(join(ui, "node_modules/vite/dist/node/index.js")).href);
const { values: options } = parseArgs({ options: { chromium: { type: "string", default: "/usr/bin/chromium" } } });

const server = await createServer({ root: ui, logLevel: "silent", server: { port: 0, host: "127.0.0.1" } });
await server.listen();
const browser = await chromium.launch({ executablePath: options.chromium, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage();
// A page that the server has but that starts nothing.
await page.goto(`http://127.0.0.1:${server.httpServer.address().port}/src/styles/icon.svg`);

const figures = await page.evaluate(async () => {
  const { Player, FADE_S, fitted, safeGains } = await import("/src/audio/player.ts");
  const rate = 48000;
  const ahead = 0.03;

  // The player in a context that renders two seconds, its lanes made of functions of the sample.
  async function rendered(lanes, use) {
    const context = new OfflineAudioContext(1, 2 * rate, rate);
    const made = lanes.map(({ at, gainDb = 0 }) => {
      const buffer = context.createBuffer(1, 2 * rate, rate);
      buffer.copyToChannel(Float32Array.from({ length: 2 * rate }, (_, n) => at(n)), 0);
      return { buffer, gainDb };
    });
    const player = new Player(context, made, 0);
    use(player);
    return (await context.startRendering()).getChannelData(0).subarray(Math.round(ahead * rate));
  }
  const sine = (n) => 0.5 * Math.sin((2 * Math.PI * 440 * n) / rate);
  const worst = (out, wanted, to = 1.9 * rate) => {
    let most = 0;
    for (let n = 0; n < to; n += 1) most = Math.max(most, Math.abs(out[n] - wanted(n)));
    return most;
  };
  const switches = (player) => {
    player.play(0);
    [0.3, 0.5, 0.7, 0.9, 1.1].forEach((at, n) => player.switchTo((n + 1) % 3, at));
  };

  // Equal sounds: whatever is switched, nothing may be heard of it. A gap or a shift of one sample would be.
  const same = worst(await rendered([{ at: sine }, { at: sine }, { at: sine }], switches), sine);
  // Different ones: before the fade all of the first, after it all of the second, from the same place in time.
  const ramp = (n) => n / (4 * rate);
  const out = await rendered([{ at: () => 0.25 }, { at: ramp }], (player) => {
    player.play(0);
    player.switchTo(1, 1);
  });
  const begins = Math.round((1 - ahead) * rate);
  let fades = 0;
  for (let n = 0; n < 1.9 * rate; n += 1) if (Math.abs(out[n] - (n < begins ? 0.25 : ramp(n))) > 1e-4) fades += 1;
  // Levels: −6 dB of one and 0 dB of the other are what is heard.
  const level = await rendered([{ at: () => 0.5, gainDb: -6 }, { at: () => 0.25 }], (player) => player.play(0));
  // A loop repeats its part to the sample.
  const looped = await rendered([{ at: ramp }], (player) => {
    player.repeat({ start: 0.25, end: 0.75 });
    player.play(0.25);
  });
  const inLoop = (n) => ramp(0.25 * rate + (n % (0.5 * rate)));
  // A short style repeats under a longer result.
  const context = new OfflineAudioContext(1, 10, rate);
  const short = context.createBuffer(1, 3, rate);
  short.copyToChannel(Float32Array.of(1, 2, 3), 0);
  const repeated = [...fitted(context, short, 0, 3 / rate, 8 / rate).getChannelData(0)];
  const loud = context.createBuffer(1, 1, rate);
  loud.copyToChannel(Float32Array.of(2), 0);
  return {
    "equal lanes, worst sample off": same,
    "samples of a switch": fades,
    "samples of the fade": Math.ceil(FADE_S * rate),
    "level of −6 dB": level[rate] / 0.5,
    "loop, worst sample off": worst(looped, inLoop),
    repeated: repeated.join(),
    "highest peak": 2 * safeGains([{ buffer: loud, gainDb: 6 }])[0],
  };
});
await browser.close();
await server.close();

const faults = [];
const expect = (holds, sentence) => {
  if (!holds) faults.push(sentence);
};
expect(figures["equal lanes, worst sample off"] < 1e-5, "switching between equal lanes is heard");
expect(figures["samples of a switch"] <= figures["samples of the fade"] + 1, "a switch takes longer than its fade");
expect(Math.abs(figures["level of −6 dB"] - 10 ** (-6 / 20)) < 1e-4, "a lane is not as loud as its gain says");
expect(figures["loop, worst sample off"] < 1e-4, "a loop does not repeat its part to the sample");
expect(figures.repeated === "1,2,3,1,2,3,1,2", "a short style does not repeat");
expect(figures["highest peak"] < 1, "gains let a lane clip");
console.log(figures);
for (const fault of faults) console.log(`fault: ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);
