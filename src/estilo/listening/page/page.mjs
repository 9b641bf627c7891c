// The page: what is seen, pressed and kept. What it decides is in logic.mjs.

import { SCALES, capital, clock, command, factor, fileName, firstOpen, left, ordered, word } from "./logic.mjs";
import { Player } from "./player.mjs";

const LOWEST_DB = -40;
const test = JSON.parse(document.getElementById("test").textContent);
const main = document.getElementById("main");
const store = test.sounds === null ? servedStore() : singleStore();
const state = { listener: "", pages: [], answers: {}, player: null, level: 0 };

/** An element with attributes, listeners (`onclick` and the like) and children. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function show(...children) {
  main.replaceChildren(...children);
  window.scrollTo(0, 0);
  const heading = main.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function trouble(text) {
  const place = document.getElementById("trouble");
  place.textContent = text;
  place.hidden = !text;
}

/** Answers go to the server, and sounds come from it. */
function servedStore() {
  let last = Promise.resolve();
  return {
    async load(listener) {
      return (await asked(`answers?listener=${encodeURIComponent(listener)}`)).json();
    },
    save(answer) {
      const headers = { "Content-Type": "application/json" };
      const body = JSON.stringify(answer);
      // One after another, as the last line about a page counts.
      const next = last.then(() => asked("answers", { method: "POST", headers, body }));
      last = next.catch(() => {});
      return next;
    },
    async sound(name) {
      return (await asked(`sounds/${name}`)).arrayBuffer();
    },
  };
}

async function asked(path, options) {
  const answer = await fetch(path, options).catch(() => null);
  if (answer === null) throw new Error("estilo listen has ended; start it again, and open the address that it prints");
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
}

/** Answers stay in the browser until they are saved, and sounds are in the page. */
function singleStore() {
  const key = (listener) => `estilo ${test.pages[0].name} ${listener}`;
  return {
    async load(listener) {
      return JSON.parse(memory((storage) => storage.getItem(key(listener))) ?? "{}");
    },
    async save(answer) {
      memory((storage) => storage.setItem(key(answer.listener), JSON.stringify(state.answers)));
    },
    async sound(name) {
      return Uint8Array.from(atob(test.sounds[name]), (each) => each.charCodeAt(0)).buffer;
    },
  };
}

/** The browser's memory, where it allows one: without it answers last as long as the page. */
function memory(use) {
  try {
    return use(localStorage);
  } catch {
    return null;
  }
}

/** Decoded sounds of a page; those of the page in hand and of the next one are kept. */
const decoded = new Map();

function soundsOf(page) {
  if (!decoded.has(page.name)) {
    const names = [...page.opens.map((each) => each.name), ...page.stimuli];
    const decode = async (name) => [name, await state.player.context.decodeAudioData(await store.sound(name))];
    decoded.set(page.name, Promise.all(names.map(decode)).then((pairs) => new Map(pairs)));
  }
  return decoded.get(page.name);
}

export function begin() {
  const name = element("input", { type: "text", id: "listener", maxlength: 80, required: true, autocomplete: "nickname" });
  const start = async (event) => {
    event.preventDefault();
    state.listener = name.value.trim();
    if (!state.listener) return name.focus();
    try {
      state.player ??= new Player(new AudioContext());
      state.answers = await store.load(state.listener);
    } catch (error) {
      return trouble(error.message);
    }
    trouble("");
    state.pages = ordered(test, state.listener);
    return turn();
  };
  const abx = test.kind === "abx";
  show(
    element("h1", {}, "Listening test"),
    element("p", {}, `${test.pages.length} pages. Wear headphones if you can, and set a level at which you hear details.`),
    element(
      "ul",
      {},
      element("li", {}, "Each page has one question. Press a sound to hear it; another goes on from the same place."),
      element("li", {}, abx ? "Say which of two sounds X is." : "Rate every sound with its slider, from 0 to 100, after hearing all of them."),
      element("li", {}, "All are equally loud, in random order. What you say is kept at once: you may stop, and go on under the same name."),
    ),
    element(
      "form",
      { onsubmit: start },
      element("label", { for: "listener" }, "Your name or initials"),
      name,
      " ",
      element("button", { class: "main", type: "submit" }, "Start"),
    ),
  );
}

/** Show the first page that is not done, or the end. */
async function turn() {
  const place = firstOpen(state.pages, state.answers);
  if (place === state.pages.length) return end();
  const page = state.pages[place];
  show(element("h1", {}, "Loading the sounds"), element("p", { class: "soft", role: "status" }, "One moment."));
  try {
    const sounds = await soundsOf(page);
    for (const name of decoded.keys()) if (name !== page.name) decoded.delete(name);
    if (place + 1 < state.pages.length) soundsOf(state.pages[place + 1]).catch(() => decoded.clear());
    state.player.load(sounds);
    await state.player.context.resume();
  } catch (error) {
    decoded.clear();
    trouble(`The sounds cannot be played: ${error.message}`);
    const again = () => { trouble(""); turn(); };
    return show(element("h1", {}, "No sound"), element("button", { class: "main", onclick: again }, "Try again"));
  }
  return ask(page, place);
}

function ask(page, place) {
  const { player } = state;
  const scale = SCALES[page.scale];
  const values = { ...state.answers[page.name]?.values };
  const heard = new Set(Object.keys(values));
  const shown = performance.now();
  const buttons = new Map();
  const sliders = new Map();

  const keep = async (isDone) => {
    const answer = {
      page: page.name,
      listener: state.listener,
      values: { ...values },
      is_done: isDone,
      place,
      order: page.stimuli,
      seconds: Math.round(performance.now() - shown) / 1000,
      answered: new Date().toISOString(),
    };
    state.answers[page.name] = answer;
    try {
      await store.save(answer);
      trouble("");
      return true;
    } catch (error) {
      state.answers[page.name].is_done = false;
      trouble(`Your answer is not kept: ${error.message}`);
      return false;
    }
  };

  const choose = (name) => {
    if (player.chosen === name && player.isPlaying && !player.isAtEnd) player.pause();
    else player.choose(name);
    heard.add(name);
    refresh();
  };
  const playOrPause = () => {
    if (player.isPlaying && !player.isAtEnd) player.pause();
    else if (player.chosen === null) choose(page.opens[0]?.name ?? page.stimuli[0]);
    else player.choose(player.chosen);
    refresh();
  };

  const play = element("button", { class: "play", type: "button", onclick: playOrPause }, "Play");
  const loop = element("button", { type: "button", onclick: () => { player.loop(!player.isLooping); refresh(); } }, "Loop");
  const seek = element("input", {
    type: "range", min: 0, max: 1, step: "any", value: 0, "aria-label": "Position in the sound",
    oninput: () => player.seek(Number(seek.value) * player.length),
  });
  const time = element("span", { class: "time soft", "aria-hidden": "true" });
  const level = element("input", {
    type: "range", min: LOWEST_DB, max: 0, step: 1, value: state.level, id: "level",
    oninput: () => { state.level = Number(level.value); player.level(factor(state.level, LOWEST_DB)); },
  });
  const todo = element("p", { class: "soft", role: "status" });
  const next = element("button", { class: "main", type: "button" }, place + 1 < state.pages.length ? "Next page" : "Finish");

  function refresh() {
    const isPlaying = player.isPlaying && !player.isAtEnd;
    play.textContent = isPlaying ? "Pause" : "Play";
    loop.setAttribute("aria-pressed", player.isLooping);
    for (const [name, button] of buttons) {
      button.setAttribute("aria-pressed", name === player.chosen);
      button.closest("li")?.classList.toggle("chosen", name === player.chosen);
    }
    todo.textContent = left(page, values, heard);
    next.disabled = todo.textContent !== "";
  }

  function soundButton(name, label, key) {
    const button = element("button", { type: "button", "aria-keyshortcuts": key, onclick: () => choose(name) }, label);
    buttons.set(name, button);
    return button;
  }

  function stimulus(name, number) {
    const value = element("output", { for: name });
    const slider = element("input", { type: "range", id: name, min: 0, max: 100, step: 1, value: values[name] ?? 0, "aria-label": `Rating of sound ${number}` });
    const row = element("li", {}, soundButton(name, `${number}`, number < 10 ? `${number}` : ""), slider, value);
    buttons.get(name).setAttribute("aria-label", `Sound ${number}`);
    const tell = () => {
      const rating = values[name];
      const text = rating === undefined ? "–" : `${rating} ${word(rating, scale.words).toLowerCase()}`;
      value.textContent = text;
      slider.setAttribute("aria-valuetext", rating === undefined ? "not rated yet" : text);
      row.classList.toggle("unrated", rating === undefined);
    };
    const rate = () => { values[name] = Number(slider.value); tell(); refresh(); };
    // A click on the place where the slider stands moves nothing, but is a rating too.
    for (const event of ["input", "pointerup"]) slider.addEventListener(event, rate);
    slider.addEventListener("change", () => keep(false));
    sliders.set(name, slider);
    tell();
    return row;
  }

  function choice(label) {
    const input = element("input", {
      type: "radio", name: "x", value: label, checked: values.X === label,
      onchange: () => { values.X = label; refresh(); keep(false); },
    });
    return element("label", {}, input, ` X is ${label}`);
  }

  next.addEventListener("click", async () => {
    next.disabled = true;
    player.pause();
    if (await keep(true)) {
      stopListening();
      turn();
    } else refresh();
  });

  const keys = new AbortController();
  const stopListening = () => { keys.abort(); cancelAnimationFrame(frame); };
  document.addEventListener("keydown", (event) => {
    const isPress = event.key === " " && event.target.closest("button, [type=radio]");
    if (event.ctrlKey || event.metaKey || event.altKey || isPress) return;
    const wish = command(event.key, page);
    if (wish.play) playOrPause();
    else if (wish.loop) loop.click();
    else if (wish.step || wish.choose) {
      const all = [...page.opens.map((each) => each.name), ...page.stimuli];
      const step = (all.indexOf(player.chosen) + (wish.step ?? 0) + all.length) % all.length;
      const name = wish.choose ?? all[step];
      (sliders.get(name) ?? buttons.get(name)).focus();
      if (name !== player.chosen || !player.isPlaying) choose(name);
    } else return;
    event.preventDefault();
  }, { signal: keys.signal });

  let frame = 0;
  let wasAtEnd = false;
  const draw = () => {
    seek.value = player.length ? player.position / player.length : 0;
    time.textContent = `${clock(player.position)} / ${clock(player.length)}`;
    if (player.isAtEnd !== wasAtEnd) refresh();
    wasAtEnd = player.isAtEnd;
    frame = requestAnimationFrame(draw);
  };

  const isAbx = page.scale === "abx";
  const answering = isAbx
    ? element("fieldset", {}, element("legend", {}, "Your answer"), choice("A"), choice("B"))
    : element("div", { role: "group", "aria-label": "Ratings" },
        element("div", { class: "scale soft", "aria-hidden": "true" },
          element("span"), element("div", {}, ...scale.words.map((each) => element("span", {}, each))), element("span")),
        element("ol", { class: "stimuli" }, ...page.stimuli.map((name, i) => stimulus(name, i + 1))));
  show(
    element("div", { class: "soft" }, `Page ${place + 1} of ${state.pages.length}`),
    element("progress", { max: state.pages.length, value: place, "aria-label": "Pages done" }),
    element("h1", {}, scale.question),
    element("p", { class: "soft" }, scale.hint),
    element("div", { class: "transport", role: "group", "aria-label": "Playing" },
      play, loop, element("span", { class: "seek" }, seek), time,
      element("span", { class: "level" }, element("label", { for: "level" }, "Level"), level)),
    element("div", { class: "opens", role: "group", "aria-label": "To compare with" },
      ...page.opens.map((each) => soundButton(each.name, capital(each.label), each.label[0]))),
    answering,
    element("div", { class: "next" }, todo, next),
    element("p", { class: "soft keys" }, "Keys: ", element("kbd", {}, "Space"), " plays, ",
      ...(isAbx ? [] : [element("kbd", {}, "1"), "–", element("kbd", {}, "9"), " and "]),
      ...page.opens.flatMap((each) => [element("kbd", {}, each.label[0].toUpperCase()), " "]),
      "choose, ", element("kbd", {}, "J"), " ", element("kbd", {}, "K"), " go on and back, ",
      ...(isAbx ? [] : ["arrows rate, "]), element("kbd", {}, "L"), " loops."),
  );
  player.level(factor(state.level, LOWEST_DB));
  refresh();
  draw();
}

function end() {
  const isSingle = test.sounds !== null;
  const save = () => {
    const text = JSON.stringify({ listener: state.listener, answers: Object.values(state.answers) }, null, 1);
    const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: fileName(state.listener) });
    link.click();
    URL.revokeObjectURL(link.href);
  };
  show(
    element("h1", {}, "Thank you"),
    element("p", {}, isSingle
      ? "Save your answers now, and send the file to whoever gave you this page."
      : "Your answers are kept. You may close this page, or hand over to the next listener."),
    element("div", { class: "opens" },
      ...(isSingle ? [element("button", { class: "main", type: "button", onclick: save }, "Save the answers")] : []),
      element("button", { type: "button", onclick: begin }, "Next listener")),
  );
}
