// What the page decides without a document or a sound: orders, positions, words. Node tests it.

/** What is asked on each scale, and the words along it from 0 to 100. */
export const SCALES = {
  similarity: {
    question: "How near is each sound to the reference?",
    hint: "100 is for a sound that you cannot tell from the reference; there is at least one.",
    words: ["Bad", "Poor", "Fair", "Good", "Excellent"],
  },
  style: {
    question: "How much does each sound take on the style?",
    hint: "Its instrument, voice or material, whichever notes are played. Faults do not matter here.",
    words: ["Hardly", "A little", "Half", "Much", "Nearly all"],
  },
  content: {
    question: "How much of the content is kept?",
    hint: "Its notes, rhythm and words, whatever they sound like. Faults do not matter here.",
    words: ["Hardly", "A little", "Half", "Much", "Nearly all"],
  },
  quality: {
    question: "How good does each sound, for itself?",
    hint: "Noise, clicks, smearing and wobbling count; what was to be kept or taken does not.",
    words: ["Bad", "Poor", "Fair", "Good", "Excellent"],
  },
  abx: {
    question: "Is X the same as A, or the same as B?",
    hint: "Switch while it plays. If you are not sure, guess: guesses count as well.",
    words: [],
  },
};

/** The 32-bit FNV-1a hash of a text's UTF-8 bytes. */
export function hash(text) {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193);
  }
  return value >>> 0;
}

/** Numbers in [0, 1), the same for the same seed: Marsaglia's xorshift32. */
export function generator(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** A copy in random order (Fisher and Yates). */
export function shuffled(list, random) {
  const out = [...list];
  for (let last = out.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [out[last], out[other]] = [out[other], out[last]];
  }
  return out;
}

/** The pages of a test as a listener gets them; always the same for the same test and name. */
export function ordered(test, listener) {
  const random = generator(hash(`${test.seed} ${test.pages[0].name} ${listener}`));
  return shuffled(test.pages, random).map((page) => ({
    ...page,
    stimuli: shuffled(page.stimuli, random),
  }));
}

/** The place of the first page that is not done; the number of pages when all are. */
export function firstOpen(pages, answers) {
  const place = pages.findIndex((page) => !answers[page.name]?.is_done);
  return place < 0 ? pages.length : place;
}

/** What is left to do on a page, in words; empty when it may be left. */
export function left(page, values, heard) {
  const all = [...page.opens.map((each) => each.name), ...page.stimuli];
  const unheard = all.filter((name) => !heard.has(name)).length;
  if (page.scale === "abx") {
    if (unheard) return "Listen to A, B and X first.";
    return values.X ? "" : "Choose A or B.";
  }
  const unrated = page.stimuli.filter((name) => values[name] === undefined).length;
  if (unheard) return `${counted(unheard, "sound")} not heard yet.`;
  return unrated ? `${counted(unrated, "sound")} not rated yet.` : "";
}

function counted(n, noun) {
  return n === 1 ? `1 ${noun}` : `${n} ${noun}s`;
}

/** The word for a rating from 0 to 100. */
export function word(value, words) {
  return words[Math.min(Math.floor((value / 100) * words.length), words.length - 1)];
}

/** Where the playhead is after so many seconds, in a sound of this length. */
export function playhead(seconds, length, isLooping) {
  if (length <= 0) return 0;
  return isLooping ? seconds % length : Math.min(seconds, length);
}

/** A label as a button shows it. */
export function capital(label) {
  return label[0].toUpperCase() + label.slice(1);
}

/** A time as m:ss. */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** The factor of a level in dB; the lowest level is silence. */
export function factor(level, lowest) {
  return level <= lowest ? 0 : 10 ** (level / 20);
}

/** What a key does on a page: `{play}`, `{loop}`, `{step: ±1}`, `{choose: name}`, or nothing. */
export function command(key, page) {
  const pressed = key.toLowerCase();
  if (pressed === " ") return { play: true };
  if (pressed === "l") return { loop: true };
  if (pressed === "j" || pressed === "k") return { step: pressed === "j" ? 1 : -1 };
  const open = page.opens.find((each) => each.label[0].toLowerCase() === pressed);
  if (open) return { choose: open.name };
  const place = /^[1-9]$/.test(pressed) ? Number(pressed) - 1 : -1;
  return place >= 0 && place < page.stimuli.length ? { choose: page.stimuli[place] } : {};
}

/** A name that every file system takes. */
export function fileName(listener) {
  return `answers-${listener.replace(/[^A-Za-z0-9-]+/g, "-") || "listener"}.json`;
}
