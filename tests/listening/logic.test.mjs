// Run by test_scripts.py: node --test. The modules are those of the package.

import assert from "node:assert/strict";
import test from "node:test";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.env.ESTILO_PAGE}/`);
const logic = await import(new URL("logic.mjs", folder));
const { Player } = await import(new URL("player.mjs", folder));

test("the hash is FNV-1a: the vectors of its authors", () => {
  assert.equal(logic.hash(""), 0x811c9dc5);
  assert.equal(logic.hash("a"), 0xe40c292c);
  assert.equal(logic.hash("foobar"), 0xbf9cf968);
});

test("the generator is xorshift32: the first number of Marsaglia's paper", () => {
  assert.equal(logic.generator(2463534242)() * 2 ** 32, 723471715);
  const random = logic.generator(0);
  const numbers = Array.from({ length: 10_000 }, random);
  assert.ok(numbers.every((each) => each >= 0 && each < 1));
  const mean = numbers.reduce((sum, each) => sum + each) / numbers.length;
  assert.ok(Math.abs(mean - 0.5) < 4 / Math.sqrt(12 * numbers.length));
});

test("every order of three is as frequent as any other", () => {
  const random = logic.generator(7);
  const counts = new Map();
  for (let draw = 0; draw < 6000; draw += 1) {
    const order = logic.shuffled(["a", "b", "c"], random).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const n of counts.values()) assert.ok(Math.abs(n - 1000) < 4 * Math.sqrt(1000 * (5 / 6)));
});

const page = (name, scale = "similarity") => ({
  name,
  scale,
  opens: [{ name: `${name}-reference`, label: "reference" }],
  stimuli: [1, 2, 3, 4].map((each) => `${name}-${each}`),
});
const plan = { seed: 3, pages: ["p", "q", "r", "s"].map((name) => page(name)) };

test("a listener's order holds everything, stays, and is another's only by chance", () => {
  const order = logic.ordered(plan, "Ada");
  assert.deepEqual(order, logic.ordered(plan, "Ada"));
  assert.deepEqual(order.map((each) => each.name).sort(), ["p", "q", "r", "s"]);
  for (const each of order) {
    const own = plan.pages.find((other) => other.name === each.name);
    assert.deepEqual([...each.stimuli].sort(), own.stimuli);
  }
  const orders = new Set();
  for (let each = 0; each < 50; each += 1) orders.add(JSON.stringify(logic.ordered(plan, `${each}`)));
  assert.ok(orders.size > 40);
  assert.notDeepEqual(order, logic.ordered({ ...plan, seed: 4 }, "Ada"));
});

test("a test goes on at the first page that is not done", () => {
  const done = { values: {}, is_done: true };
  assert.equal(logic.firstOpen(plan.pages, {}), 0);
  assert.equal(logic.firstOpen(plan.pages, { p: done, q: { is_done: false }, r: done }), 1);
  assert.equal(logic.firstOpen(plan.pages, { p: done, q: done, r: done, s: done }), 4);
});

test("a page is left when all was heard and rated", () => {
  const all = ["p-reference", "p-1", "p-2", "p-3", "p-4"];
  const values = { "p-1": 0, "p-2": 100, "p-3": 5 };
  assert.match(logic.left(page("p"), values, new Set(all.slice(2))), /2 sounds not heard/);
  assert.match(logic.left(page("p"), values, new Set(all)), /1 sound not rated/);
  assert.equal(logic.left(page("p"), { ...values, "p-4": 3 }, new Set(all)), "");
  const abx = { ...page("x", "abx"), stimuli: [] };
  assert.match(logic.left(abx, { X: "A" }, new Set()), /Listen/);
  assert.match(logic.left(abx, {}, new Set(["x-reference"])), /Choose/);
  assert.equal(logic.left(abx, { X: "A" }, new Set(["x-reference"])), "");
});

test("the words along a scale have a fifth each", () => {
  const { words } = logic.SCALES.similarity;
  const found = [0, 19, 20, 50, 79, 80, 100].map((each) => logic.word(each, words));
  assert.deepEqual(found, ["Bad", "Bad", "Poor", "Fair", "Good", "Excellent", "Excellent"]);
  assert.ok(Object.values(logic.SCALES).every((each) => each.question.endsWith("?")));
});

test("keys choose sounds and play them", () => {
  const own = page("p");
  assert.deepEqual(logic.command(" ", own), { play: true });
  assert.deepEqual(logic.command("R", own), { choose: "p-reference" });
  assert.deepEqual(logic.command("4", own), { choose: "p-4" });
  assert.deepEqual(logic.command("5", own), {});
  assert.deepEqual(logic.command("0", own), {});
  assert.deepEqual(logic.command("k", own), { step: -1 });
  assert.deepEqual(logic.command("Tab", own), {});
});

test("times, levels and names of files", () => {
  assert.equal(logic.clock(65.9), "1:05");
  assert.equal(logic.capital("style"), "Style");
  assert.equal(logic.factor(0, -40), 1);
  assert.equal(logic.factor(-20, -40), 0.1);
  assert.equal(logic.factor(-40, -40), 0);
  assert.equal(logic.fileName("../Ada Ö"), "answers--Ada-.json");
  assert.equal(logic.playhead(5, 2, true), 1);
  assert.equal(logic.playhead(5, 2, false), 2);
});

/** What the player uses of an AudioContext; every source and gain tells what it was asked. */
function fakeContext() {
  const told = [];
  const parameter = (kind) => ({
    setValueAtTime: (value, time) => told.push([kind, "set", value, time]),
    linearRampToValueAtTime: (value, time) => told.push([kind, "ramp", value, time]),
    setTargetAtTime: (value) => told.push([kind, "target", value]),
    cancelScheduledValues() {},
  });
  const context = {
    currentTime: 10,
    destination: {},
    told,
    createGain: () => ({ gain: parameter("gain"), connect: (to) => to }),
    createBufferSource: () => ({
      connect: (to) => to,
      start(at, offset) {
        told.push(["start", this.buffer.label, at, offset, this.loop]);
      },
      stop: (at) => told.push(["stop", at]),
    }),
  };
  return context;
}

function playing() {
  const context = fakeContext();
  const player = new Player(context);
  const sound = (label, duration) => [label, { label, duration }];
  player.load(new Map([sound("a", 4), sound("b", 4), sound("style", 6)]));
  const starts = () => context.told.filter(([kind]) => kind === "start").map((each) => each.slice(1));
  return { context, player, starts };
}

const near = (value, wanted) => assert.ok(Math.abs(value - wanted) < 1e-9, `${value} ${wanted}`);

test("another sound goes on at the same playhead, the old one fades while it comes", () => {
  const { context, player, starts } = playing();
  player.choose("a");
  context.currentTime = 12.5;
  near(player.position, 2.495);
  player.choose("b");
  const [first, second] = starts();
  assert.deepEqual([first[0], first[2], second[0]], ["a", 0, "b"]);
  near(second[1], 12.505);
  near(second[2], 2.5); // where the first one is at that very moment
  const stop = context.told.find(([kind]) => kind === "stop");
  assert.ok(stop[1] > second[1] && stop[1] < second[1] + 0.02);
});

test("a loop begins anew, each sound by its own length", () => {
  const { context, player, starts } = playing();
  player.choose("a");
  context.currentTime = 10.005 + 9;
  near(player.position, 1);
  player.choose("style");
  context.currentTime += 0.005 + 4.5;
  near(player.position, 5.505);
  player.choose("a");
  near(starts()[2][2], 5.51 % 4);
  assert.equal(starts()[2][3], true);
});

test("pause and seek", () => {
  const { context, player, starts } = playing();
  player.choose("a");
  context.currentTime = 11.005;
  player.pause();
  context.currentTime = 20;
  near(player.position, 1);
  player.seek(3);
  near(player.position, 3);
  assert.equal(starts().length, 1);
  player.choose("a");
  near(starts()[1][2], 3);
  player.seek(0.5);
  near(starts()[2][2], 0.5);
});

test("without a loop there is an end, after which it begins anew", () => {
  const { context, player, starts } = playing();
  player.loop(false);
  player.choose("a");
  assert.equal(starts()[0][3], false);
  context.currentTime = 13;
  assert.equal(player.isAtEnd, false);
  context.currentTime = 15;
  assert.equal(player.isAtEnd, true);
  near(player.position, 4);
  player.choose("b");
  near(starts()[1][2], 0);
  player.pause();
  player.load(new Map());
  assert.equal(player.length, 0);
  near(player.position, 0);
});
