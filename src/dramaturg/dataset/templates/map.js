// The map: points from the page's own data, text on hover, the whole conversation on click.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("points").textContent);
  const svg = document.getElementById("dots"), panel = document.getElementById("panel");
  const tip = document.getElementById("tip"), find = document.getElementById("find");
  const found = document.getElementById("found");
  const talks = new Map(data.talks.map((talk) => [talk.id, talk]));
  let kind = "talks", dots = [];

  const element = (name, text, style) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (style) made.className = style;
    return made;
  };
  const first = (point) =>
    point.facts ? point.facts.join(" ") : point.turns.slice(0, 2).map((turn) => turn[1]).join(" – ");
  const all = (point) =>
    (point.facts || [].concat(point.turns.map((t) => t[1]), ...point.people.map((p) => p.facts)))
      .join("\n").toLowerCase();

  function show(point) {
    panel.replaceChildren();
    const talk = point.facts ? talks.get(point.talk) : point;
    if (point.facts) {
      panel.append(element("h3", "A person"));
      for (const fact of point.facts) panel.append(element("p", fact, "turn"));
    }
    if (!talk) return;
    panel.append(element("h3", (data.names[point.side] || "") + " " + talk.id));
    for (const person of talk.people)
      if (person.facts.length)
        panel.append(element("p", person.name + ": " + person.facts.join(" · "), "facts"));
    for (const [speaker, text] of talk.turns) {
      const line = element("p", undefined, "turn"), said = element("bdi", text);
      line.append(element("span", talk.people[speaker].name, "who"), " ", said);
      panel.append(line);
    }
    if (talk.cut) panel.append(element("p", talk.cut + " more turns", "soft"));
    panel.scrollTop = 0;
  }

  function draw() {
    svg.replaceChildren();
    dots = data[kind].map((point) => {
      const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
      dot.setAttribute("cx", 14 + 572 * point.x);
      dot.setAttribute("cy", 586 - 572 * point.y);
      dot.setAttribute("r", 5);
      dot.setAttribute("tabindex", "0");
      dot.classList.add(point.side ? "fill-theirs" : "fill-ours");
      const pick = () => {
        dots.forEach(([other]) => other.classList.remove("picked"));
        dot.classList.add("picked");
        show(point);
      };
      dot.addEventListener("click", pick);
      dot.addEventListener("keydown", (event) => { if (event.key === "Enter") pick(); });
      dot.addEventListener("mousemove", (event) => {
        tip.textContent = first(point).slice(0, 220);
        tip.style.display = "block";
        tip.style.left = Math.min(event.clientX + 14, innerWidth - 370) + "px";
        tip.style.top = event.clientY + 14 + "px";
      });
      dot.addEventListener("mouseleave", () => { tip.style.display = "none"; });
      svg.append(dot);
      return [dot, all(point)];
    });
    search();
  }

  function search() {
    const words = find.value.trim().toLowerCase();
    let count = 0;
    for (const [dot, text] of dots) {
      const hit = !words || text.includes(words);
      dot.classList.toggle("out", !hit);
      count += hit;
    }
    found.textContent = words ? count + " of " + dots.length : dots.length + " points";
  }

  for (const button of document.querySelectorAll("button[data-kind]"))
    button.addEventListener("click", () => {
      kind = button.dataset.kind;
      for (const other of document.querySelectorAll("button[data-kind]"))
        other.setAttribute("aria-pressed", String(other === button));
      draw();
    });
  find.addEventListener("input", search);
  draw();
})();
