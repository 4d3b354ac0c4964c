// The viewer in the browser: evidence that lights up, keys, lists that follow their filters, runs
// that go on. Every page works without it.
(() => {
  "use strict";
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const $ = (what, where = document) => where.querySelector(what);
  const $$ = (what, where = document) => [...where.querySelectorAll(what)];

  // Evidence: a fact and the turns that touch it, both ways.
  const stage = $(".stage");
  if (stage) {
    const marks = new Map($$(".turn", stage).map((turn) => [turn, turn.dataset.marks.trim().split(/\s+/)
      .filter(Boolean).map((mark) => mark.split(":"))]));
    const facts = new Map($$(".fact", stage).map((fact) => [fact.dataset.fact, fact]));
    const kinds = ["uses", "denies", "claims", "words"];
    let held = null;
    const dark = () => {
      stage.classList.remove("lit-on");
      $$(".lit", stage).forEach((one) => one.classList.remove("lit", "itself", ...kinds));
    };
    const light = (one) => {
      dark();
      if (!one) return;
      const name = one.dataset.fact;
      let any = false;
      for (const [turn, list] of marks) {
        for (const [fact, kind] of list) {
          if (name ? fact === name : turn === one) {
            (name ? turn : facts.get(fact))?.classList.add("lit", kind);
            any = true;
          }
        }
      }
      if (!any && one !== held) return;
      (name ? facts.get(name) : one)?.classList.add("lit", "itself");
      stage.classList.add("lit-on");
    };
    const target = (node) => node.closest?.(".marks [data-fact], .fact, .turn");
    const show = () => {
      $$(".fact", stage).forEach((fact) => fact.setAttribute("aria-pressed",
        String(Boolean(held?.dataset.fact) && held.dataset.fact === fact.dataset.fact)));
      $$(".turn", stage).forEach((turn) => turn.classList.toggle("held", turn === held));
      light(held);
    };
    const hold = (one) => {
      const before = held;
      held = held && one && (held === one || (one.dataset.fact && held.dataset.fact === one.dataset.fact)) ? null : one;
      show();
      if (before !== held) history.replaceState(null, "", held ? "#" + (held.dataset.fact || held.id) : location.pathname + location.search);
      const lit = held?.dataset.fact ? $$(".turn.lit", stage) : [];
      const seen = (node) => { const box = node.getBoundingClientRect(); return box.bottom > 80 && box.top < innerHeight - 40; };
      if (lit.length && !lit.some(seen)) lit[0].scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    };
    let named = location.hash.slice(1);
    try { named = decodeURIComponent(named); } catch { /* "#%" names nothing */ }
    const start = facts.get(named) || [...marks.keys()].find((turn) => turn.id === named);
    if (start) hold(start);
    stage.addEventListener("mouseover", (event) => {
      const one = target(event.target);
      if (!held) light(one);
    });
    stage.addEventListener("mouseleave", () => { if (!held) dark(); });
    stage.addEventListener("focusin", (event) => { if (!held && event.target.matches(":focus-visible")) light(target(event.target)); });
    stage.addEventListener("focusout", () => { if (!held) dark(); });
    stage.addEventListener("click", (event) => {
      if (event.target.closest("a") || String(getSelection())) return;
      const one = target(event.target);
      if (one) hold(one);
    });
    stage.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.classList.contains("turn")) hold(event.target);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && held) hold(held);
    });
  }

  // A difference between two drafts comes when it is opened.
  document.addEventListener("toggle", async (event) => {
    const fold = event.target;
    if (!fold.open || !fold.dataset?.load) return;
    const answer = await fetch(fold.dataset.load);
    if (!answer.ok) return;
    delete fold.dataset.load;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const table = $(".diff", page)?.parentElement;
    if (table) fold.append(table);
  }, true);

  // A text that was cut: the rest comes in its place.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-more]");
    if (!link || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const answer = await fetch(link.href);
    if (answer.ok) link.closest("bdi").textContent = await answer.text();
  });

  // Lists follow their filters; the address always says what is shown.
  const form = $("#filters");
  let asked = 0;
  const follow = async (address, push) => {
    const mine = ++asked;
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    const text = await answer.text();
    if (mine !== asked) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = $("#results", page);
    if (!fresh) { location.href = address; return; }
    $("#results").replaceWith(fresh);
    document.title = page.title;
    chosen = -1;
    if (push) history.replaceState(null, "", address);
  };
  const address = () => {
    const given = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value !== "") given.append(name, value);
    const told = given.toString();
    return form.getAttribute("action") + (told ? "?" + told : "");
  };
  if (form) {
    let waiting;
    const soon = (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => follow(address(), true), event.type === "input" ? 200 : 0);
    };
    form.addEventListener("input", (event) => { if (event.target.matches("input:not([type=radio])")) soon(event); });
    document.addEventListener("change", (event) => {
      // What was kept was dropped for no reason: asked for one, look among all.
      if (event.target.form === form && event.target.name === "reason" && event.target.value) {
        const [kept, all] = ["", "all"].map((value) => $(`[name=status][value="${value}"]`, form));
        if (kept?.checked && all) all.checked = true;
      }
      if (event.target.form === form && event.target.matches("select, [type=radio]")) soon(event);
    });
    form.addEventListener("submit", (event) => { event.preventDefault(); follow(address(), true); });
    if (matchMedia("(min-width: 761px)").matches) $$(".more", form).forEach((one) => { one.open = true; });
  }

  $(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  // Keys.
  let chosen = -1;
  let first = "";
  const go = (link) => { if (link) link.click(); };
  const choose = (step) => {
    const rows = $$(".row > a, .row .cover");
    if (!rows.length) { go($(step > 0 ? "[rel=next]" : "[rel=prev]")); return; }
    chosen = Math.min(rows.length - 1, Math.max(0, chosen + step));
    rows[chosen].focus();
    rows[chosen].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (first === "g") {
      first = "";
      const place = { c: "conversations", p: "people", d: "dropped", r: "run" }[event.key];
      if (place) { go($(`.top nav a[href$="/${place}"]:not(.here)`)); return; }
    }
    const acts = {
      j: () => choose(1), k: () => choose(-1), g: () => { first = "g"; },
      n: () => go($("[rel=next]")), p: () => go($("[rel=prev]")), u: () => go($("[data-up]")),
      "/": () => $("[data-search]")?.focus(), "?": () => $("#keys")?.showModal(),
    };
    if (acts[event.key]) { acts[event.key](); event.preventDefault(); }
  });
  $("[data-help]")?.addEventListener("click", () => $("#keys").showModal());

  // What goes on: the index while it is made, a run while it runs.
  const pulse = $("[data-pulse]");
  if (pulse && !("settled" in pulse.dataset)) {
    let revision = Number(pulse.dataset.revision);
    let beats = 0;
    const beat = async () => {
      if (document.hidden) { setTimeout(beat, 2000); return; }
      try {
        const told = await (await fetch(pulse.dataset.pulse)).json();
        if (pulse.textContent !== told.text) pulse.textContent = told.text;
        const moved = revision !== told.revision;
        const live = $("[data-live]");
        beats += 1;
        if (moved || told.settled || (live && beats % 3 === 0)) {
          if (live) {
            const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
            const fresh = $("#live", page);
            if (fresh) live.replaceWith(fresh);
          } else if ($("#results") && form && document.activeElement?.closest("#results") === null && scrollY < 200) {
            await follow(location.pathname + location.search, false);
          }
        }
        revision = told.revision;
        if (told.settled) return;
      } catch { pulse.textContent = "The server does not answer"; }
      setTimeout(beat, 1000);
    };
    beat();
  }
})();
