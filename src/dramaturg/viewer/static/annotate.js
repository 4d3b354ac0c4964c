// The annotation page. Two keepers of answers, one page: a server, or this file alone.
// Texts of the data are only ever set as text; nothing here builds HTML from them.
(() => {
  "use strict";
  const setup = JSON.parse(document.getElementById("setup").textContent);
  const { study, seed, questions, items } = setup;
  const task = questions.task;
  const root = document.getElementById("app");
  const LONGEST = 6000;
  const ACTS = /([\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff])/;

  // The same hash and order as study/order.py.
  const mix = (text) => {
    let h = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193);
    h ^= h >>> 16;
    h = Math.imul(h, 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
  const nameKey = (written) => written.normalize("NFC").trim().split(/\s+/u).join(" ").toLowerCase();
  const leftOf = (name, id) => (mix(`${seed}|${name}|${id}|left`) & 1 ? "b" : "a");

  // Building elements
  const el = (tag, given = {}, ...inside) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value != null) made.setAttribute(name, value);
    }
    made.append(...inside.flat(9).filter((part) => part != null && part !== false));
    return made;
  };
  const visible = (text) => text.split(ACTS).map((part, n) => {
    if (n % 2 === 0) return part;
    const code = part.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return el("span", { class: "unseen" }, `U+${code}`);
  });
  const words = (text) => {
    if (text.length <= LONGEST) return el("bdi", { dir: "auto" }, visible(text));
    const cut = el("bdi", { dir: "auto" }, visible(text.slice(0, LONGEST)), "…");
    const more = el("button", {
      type: "button",
      onclick: () => {
        cut.classList.add("long");
        cut.replaceChildren(...visible(text));
        more.remove();
      },
    }, `Show all ${text.length.toLocaleString("en")} characters`);
    return [cut, more];
  };

  // Keepers: join(name), next(), item(id), save(id, answer, done, seconds)
  const ask = async (where, body) => {
    const reply = await fetch(`/annotate/${where}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = await reply.json().catch(() => ({}));
    if (!reply.ok) {
      const about = {
        known: reply.status === 400 && Boolean(said.error), refused: reply.status === 401, said: said.error,
      };
      throw Object.assign(new Error(said.error || reply.statusText), about);
    }
    return said;
  };
  const server = {
    kept: true,
    join: (name) => ask("join", { name }),
    next: () => ask("next", { name: me.written }),
    item: (id) => ask("item", { name: me.written, item: id }),
    save: (id, answer, done, seconds) => ask("save", { name: me.written, item: id, answer, done, seconds }),
  };
  const alone = (() => {
    let ordered = [];
    let held = { annotator: "", answers: {} };
    const place = () => `dramaturg ${study} ${nameKey(held.annotator)}`;
    // Two stores of the browser: one outlives the tab, the other has outlived a loss of the first.
    const stores = () => ["localStorage", "sessionStorage"].flatMap((name) => {
      try { return [window[name]]; } catch { return []; }
    });
    // The newer answer to an item counts, wherever it was given: in another tab, or in a file.
    const merge = (answers) => {
      for (const [id, one] of Object.entries(answers)) {
        if (!held.answers[id] || (held.answers[id].at || 0) < (one.at || 0)) held.answers[id] = one;
      }
    };
    const read = () => {
      let any = false;
      for (const store of stores()) {
        try {
          merge(JSON.parse(store.getItem(place()))?.answers || {});
          any = true;
        } catch { /* this store keeps nothing */ }
      }
      return any;
    };
    const write = () => {
      keeper.kept = false;
      read();
      for (const store of stores()) {
        try {
          store.setItem(place(), JSON.stringify(held));
          keeper.kept = true;
        } catch { /* full or forbidden */ }
      }
    };
    const count = () => Object.values(held.answers).filter((one) => one.done).length;
    const about = (item) => ({
      item: item || null,
      answer: (item && held.answers[item.id]) || null,
      done: count(),
      total: items.length,
    });
    const keeper = {
      kept: true,
      async join(written) {
        const key = nameKey(written);
        held = { annotator: written, answers: {} };
        keeper.kept = read();
        const rank = (item) => [Math.floor((Number(item.group.slice(1)) - 1) / 20), mix(`${seed}|${key}|${item.group}`), item.group, mix(`${seed}|${key}|${item.id}`), item.id];
        const rows = items.map((item) => [rank(item), item]);
        rows.sort(([a], [b]) => {
          for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
          return 0;
        });
        ordered = rows.map(([, item]) => item);
        const history = Object.entries(held.answers).filter(([, one]) => one.done);
        history.sort(([, a], [, b]) => a.at - b.at);
        return { name: key, history: history.map(([id]) => id), done: count(), total: items.length };
      },
      next: async () => about(ordered.find((item) => !held.answers[item.id]?.done)),
      item: async (id) => about(items.find((item) => item.id === id)),
      async save(id, answer, done, seconds) {
        read();
        const at = Math.max(Date.now() / 1000, (held.answers[id]?.at || 0) + 0.001);
        held.answers[id] = { answer, done, seconds, at };
        write();
        return { done: count(), total: items.length };
      },
      file() {
        const answers = Object.entries(held.answers).map(([item, one]) => ({ item, ...one }));
        return JSON.stringify({ format: 1, study, annotator: held.annotator, answers }, null, 1);
      },
      take(text) {
        const file = JSON.parse(text);
        if (file.study !== study) throw new Error("This file is of another study.");
        if (typeof file.annotator !== "string" || !Array.isArray(file.answers)) throw new Error("It holds no answers.");
        held = { annotator: file.annotator, answers: {} };
        merge(Object.fromEntries(file.answers.map(({ item, ...one }) => [item, one])));
        write();
        return file.annotator;
      },
    };
    return keeper;
  })();
  const keeper = items ? alone : server;

  // State
  const me = { written: "", name: "", history: [] };
  let now = null; // { item, answer, done, wasDone, since, before }
  let saving = Promise.resolve();
  let cursor = 0;

  const status = el("span", { class: "status", role: "status" });
  const tell = (text, bad = false) => {
    status.textContent = text;
    status.classList.toggle("bad", bad);
  };
  const pause = (ms) => new Promise((go) => { setTimeout(go, ms); });
  const keep = (done) => {
    const { item, answer } = now;
    const seconds = Math.round((now.before + (Date.now() - now.since) / 1000) * 10) / 10;
    const copy = structuredClone(answer);
    saving = saving.then(async () => {
      for (;;) {
        try {
          const said = await keeper.save(item.id, copy, done, seconds);
          tell(keeper.kept ? "Saved" : "Not kept by this browser: save the file before you close it", !keeper.kept);
          return said;
        } catch (error) {
          tell(error.known ? error.message : error.refused
            ? "Not saved: open the address you were given once more, in another tab"
            : `Not saved: ${error.said || "the server does not answer"}. Trying again`, true);
          if (error.known) return null;
          await pause(1500);
        }
      }
    });
    return saving;
  };

  // Answers
  const names = questions.ask.map((one) => one.name);
  const blank = (item) => {
    if (task === "turing" || task === "pairwise") return { choices: {}, left: leftOf(me.name, item.id) };
    if (task === "likert") return { ratings: {} };
    return task === "faithfulness" ? { marks: {} } : { flags: [] };
  };
  const given = () => now.answer.choices || now.answer.ratings;
  const complete = () => !given() || names.every((name) => name in given());
  const changed = () => {
    keep(now.wasDone && complete());
    refresh();
  };
  const choose = (name, value) => {
    given()[name] = value;
    const input = [...document.querySelectorAll("input")].find((one) => one.name === name && one.value === String(value));
    if (input) input.checked = true;
    changed();
  };
  const flag = (name, on) => {
    const held = new Set(now.answer.flags);
    if (on) held.add(name); else held.delete(name);
    now.answer.flags = names.filter((one) => held.has(one));
    const input = [...document.querySelectorAll("input")].find((one) => one.value === name);
    if (input) input.checked = on;
    changed();
  };
  const mark = (turn, relation) => {
    if (relation === null || now.answer.marks[turn] === relation) delete now.answer.marks[turn];
    else now.answer.marks[turn] = relation;
    changed();
  };
  const active = () => {
    const focused = document.activeElement?.closest("fieldset[data-name]")?.dataset.name;
    return names.find((name) => !(name in given())) || focused || names[names.length - 1];
  };

  // Drawing
  const who = (n) => `Speaker ${n + 1}`;
  const drawFacts = (talk) => talk.facts.length > 0 && el("div", { class: "facts" }, talk.facts.map((facts, n) =>
    el("div", {}, el("b", {}, who(n)), el("ul", {}, facts.map((fact) => el("li", {}, words(fact)))))));
  const drawLine = ([speaker, text], turn, asked) => {
    const can = asked === speaker;
    const kind = `line s${Math.min(speaker, 3)}${asked == null ? "" : can ? " can" : " cannot"}`;
    return el("li", { class: kind, "data-turn": turn, tabindex: can ? "-1" : null },
      el("span", { class: "who" }, who(speaker)), words(text),
      can && el("div", { class: "marks" },
        el("button", { type: "button", class: "shows", "aria-pressed": "false", onclick: () => { cursor = turn; mark(turn, "entail"); } }, "shows it"),
        el("button", { type: "button", class: "denies", "aria-pressed": "false", onclick: () => { cursor = turn; mark(turn, "contradict"); } }, "denies it")));
  };
  const drawTalk = (talk, title, asked) => el("section", { class: "card talk", "aria-label": title },
    title && el("h2", {}, title), drawFacts(talk),
    el("ol", {}, talk.turns.map((line, turn) => drawLine(line, turn, asked))));
  const drawChoice = (kind, name, value, key, label, checked) => el("label", { class: "choice" },
    el("input", {
      type: kind, name: kind === "radio" ? name : null, value, checked,
      onchange: (event) => (kind === "radio" ? choose(name, task === "likert" ? Number(value) : value) : flag(value, event.target.checked)),
    }), key, el("span", {}, label));

  const drawPanel = () => {
    const moves = el("div", { class: "moves" },
      el("button", { type: "button", onclick: back, disabled: me.history.length === 0 || me.history[0] === now.item.id, id: "back" }, "Back"),
      el("button", { type: "button", class: "primary", onclick: forward, id: "next" }, "Next"));
    if (task === "faithfulness") {
      const { speaker, fact } = now.item.shown;
      return el("aside", { class: "card panel" },
        el("span", { class: "label" }, `A fact said of ${who(speaker)}`), el("p", { class: "fact-asked" }, words(fact)),
        el("p", { class: "quiet small", id: "verdict" }),
        moves, el("p", { class: "keys" }, "↑ ↓ turn · 1 shows it · 2 denies it · 3 nothing · Enter next · B back"));
    }
    if (task === "flags") {
      return el("aside", { class: "card panel flags" },
        el("fieldset", {}, el("legend", {}, "Problems"), el("div", { class: "choices" }, questions.ask.map((one, n) =>
          drawChoice("checkbox", null, one.name, n < 9 && el("kbd", {}, String(n + 1)), one.label, now.answer.flags.includes(one.name))))),
        moves, el("p", { class: "keys" }, "1–9 tick · Enter next · B back"));
    }
    if (task === "likert") {
      return el("aside", { class: "card panel" },
        questions.ask.map((one) => el("fieldset", { class: "scale", "data-name": one.name }, el("legend", {}, one.label),
          el("div", { class: "choices" }, one.anchors.map((anchor, n) =>
            drawChoice("radio", one.name, n + 1, el("b", {}, String(n + 1)), anchor, now.answer.ratings[one.name] === n + 1))))),
        moves, el("p", { class: "keys" }, "1–5 rate the scale with the arrow · Enter next · B back"));
    }
    const { left } = now.answer;
    const sides = [[left, "Conversation 1"], [left === "a" ? "b" : "a", "Conversation 2"], ["tie", questions.tie]];
    return el("aside", { class: "card panel" },
      questions.ask.map((one) => el("fieldset", { "data-name": one.name }, el("legend", {}, one.label),
        el("div", { class: "choices" }, sides.map(([side, label], n) =>
          drawChoice("radio", one.name, side, el("kbd", {}, String(n + 1)), label, now.answer.choices[one.name] === side))))),
      moves, el("p", { class: "keys" }, "1 2 3 choose · Enter next · B back"));
  };

  const refresh = () => {
    document.getElementById("next").disabled = !complete();
    if (task === "likert" || task === "pairwise") {
      const at = complete() ? null : active();
      for (const set of document.querySelectorAll("fieldset[data-name]")) {
        set.classList.toggle("active", set.dataset.name === at);
        if (task === "likert" && set.dataset.name === at && Object.keys(given()).length > 0) set.scrollIntoView({ block: "nearest" });
      }
    }
    if (task !== "faithfulness") return;
    const { marks } = now.answer;
    for (const line of document.querySelectorAll(".line.can")) {
      const relation = marks[line.dataset.turn];
      line.classList.toggle("entail", relation === "entail");
      line.classList.toggle("contradict", relation === "contradict");
      line.classList.toggle("at", Number(line.dataset.turn) === cursor);
      line.querySelector(".shows").setAttribute("aria-pressed", String(relation === "entail"));
      line.querySelector(".denies").setAttribute("aria-pressed", String(relation === "contradict"));
    }
    const said = Object.values(marks);
    document.getElementById("verdict").textContent = said.includes("contradict")
      ? "Marked: the speaker denies it." : said.length ? "Marked: the speaker shows it." : "Nothing marked: the speaker says nothing of it.";
  };

  const draw = () => {
    const { item } = now;
    const two = Boolean(item.shown.sides);
    const flipped = two && now.answer.left === "b";
    const sides = two && (flipped ? [...item.shown.sides].reverse() : item.shown.sides);
    const heading = el("h1", { tabindex: "-1" }, questions.title);
    root.replaceChildren(
      el("div", { class: "progress" }, el("span", {}, `${now.done} of ${now.total} done`),
        el("progress", { max: Math.max(now.total, 1), value: now.done, "aria-label": "Progress" }),
        items && el("button", { type: "button", class: "small", onclick: download }, "Save my answers"), status),
      heading, el("p", { class: "quiet" }, questions.help),
      el("div", { class: two ? "work two" : "work" },
        two ? el("div", { class: "sides" }, sides.map((talk, n) => drawTalk(talk, `Conversation ${n + 1}`)))
          : drawTalk(item.shown.talk, "", item.shown.speaker),
        drawPanel()));
    refresh();
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  };
  const show = (said) => {
    if (!said.item) {
      now = null;
      finish(said);
      return;
    }
    const kept = said.answer;
    now = {
      item: said.item, answer: kept ? structuredClone(kept.answer) : blank(said.item), wasDone: Boolean(kept && kept.done),
      done: said.done, total: said.total, since: Date.now(), before: kept ? kept.seconds : 0,
    };
    const turns = task === "faithfulness" ? said.item.shown.talk.turns : [];
    cursor = Math.max(0, turns.findIndex(([speaker]) => speaker === said.item.shown.speaker));
    draw();
  };
  const finish = ({ done }) => {
    root.replaceChildren(el("section", { class: "welcome" },
      el("h1", { tabindex: "-1" }, "Thank you"),
      el("p", {}, `You have judged ${done} ${done === 1 ? "item" : "items"}; nothing is left for you at the moment.`),
      items && el("p", {}, "Save your answers and send the file to the person who gave you this page."),
      el("div", { class: "row" },
        items && el("button", { type: "button", class: "primary", onclick: download }, "Save my answers"),
        el("button", { type: "button", onclick: back, disabled: me.history.length === 0 }, "Back to the last one")), status));
    root.querySelector("h1").focus();
  };

  // Moving
  let moving = false;
  const once = (go) => async () => {
    if (moving) return;
    moving = true;
    try { await go(); } catch (error) {
      tell(error.known ? error.message : "The server does not answer. Try again", true);
    } finally { moving = false; }
  };
  const forward = once(async () => {
    if (!now || !complete()) return;
    if (!(await keep(true))) return;
    const { id } = now.item;
    if (!me.history.includes(id)) me.history.push(id);
    const at = me.history.indexOf(id);
    show(at < me.history.length - 1 ? await keeper.item(me.history[at + 1]) : await keeper.next());
  });
  const back = once(async () => {
    await saving;
    const at = now ? me.history.indexOf(now.item.id) : -1;
    const to = at < 0 ? me.history.length - 1 : at - 1;
    if (to >= 0) show(await keeper.item(me.history[to]));
  });
  const download = () => {
    const link = el("a", { download: `answers-${me.name.replace(/[^\p{L}\p{N}]+/gu, "-")}.json` });
    link.href = URL.createObjectURL(new Blob([alone.file()], { type: "application/json" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    tell("Saved to a file");
  };

  document.addEventListener("keydown", (event) => {
    if (!now || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    if (target.matches("input[type=text], textarea, select")) return;
    const digit = /^[1-9]$/.test(event.key) ? Number(event.key) : event.key === "0" ? 0 : null;
    if (event.key === "Enter" && !target.closest("button, a")) {
      event.preventDefault();
      if (!event.repeat) forward(); // a key held down must not race through the items
    } else if (event.key === "b" || event.key === "B" || event.key === "Backspace") {
      event.preventDefault();
      back();
    } else if (task === "faithfulness" && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const lines = [...document.querySelectorAll(".line.can")];
      const at = lines.findIndex((line) => Number(line.dataset.turn) === cursor);
      const to = lines[Math.min(lines.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)))];
      if (to) {
        cursor = Number(to.dataset.turn);
        to.focus();
        refresh();
      }
    } else if (digit !== null && !event.repeat) {
      if (task === "faithfulness") {
        if (digit <= 3) mark(cursor, [null, "entail", "contradict", null][digit]);
      } else if (task === "flags") {
        if (digit && names[digit - 1]) flag(names[digit - 1], !now.answer.flags.includes(names[digit - 1]));
      } else if (task === "likert") {
        if (digit && digit <= 5) choose(active(), digit);
      } else if (digit && digit <= 3) {
        const { left } = now.answer;
        choose(active(), [left, left === "a" ? "b" : "a", "tie"][digit - 1]);
      }
    }
  });

  // Coming in
  const remembered = () => { try { return sessionStorage.getItem(`dramaturg ${study}`) || ""; } catch { return ""; } };
  const enter = async (written) => {
    const said = await keeper.join(written);
    Object.assign(me, { written, name: said.name, history: said.history });
    try { sessionStorage.setItem(`dramaturg ${study}`, written); } catch { /* private */ }
    show(await keeper.next());
  };
  const welcome = (trouble = "") => {
    const field = el("input", { type: "text", id: "name", name: "name", maxlength: "60", required: true, autocomplete: "name" });
    const problem = el("p", { class: "status bad", role: "alert" }, trouble);
    const come = async (event) => {
      event.preventDefault();
      try { await enter(field.value.trim()); } catch (error) {
        problem.textContent = error.known ? error.message : "The server does not answer.";
      }
    };
    const file = el("input", {
      type: "file", id: "before", accept: ".json,application/json", class: "sr",
      onchange: async () => {
        try { await enter(alone.take(await file.files[0].text())); } catch (error) {
          problem.textContent = `This file cannot be used: ${error.message}`;
        }
      },
    });
    root.replaceChildren(el("section", { class: "welcome" },
      el("h1", {}, questions.title), el("p", {}, questions.help),
      el("form", { onsubmit: come },
        el("div", {}, el("label", { class: "label", for: "name" }, "Your name"), field),
        el("div", { class: "row" }, el("button", { class: "primary", type: "submit" }, "Start"),
          items && el("label", { class: "button", for: "before" }, "Go on from a saved file"), items && file),
        problem),
      el("p", { class: "quiet small" }, items
        ? "Every click is kept in this browser. When you are done, save your answers and send the file back."
        : "Every click is kept. The same name goes on where it stopped, on any device.")));
    field.focus();
  };

  const before = remembered();
  if (before) enter(before).catch(() => welcome()); else welcome();
})();
