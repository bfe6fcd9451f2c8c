// Families as dots: where each is in two worlds, month by month; rows of a real run, drawn on a canvas.
"use strict";
(function () {
  const $ = (id) => document.getElementById(id);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  let held = null, month = 0, shownAt = 0, playing = false, before = 0, spots = [];

  const place = (world, t, i) => held.where[world][t].charCodeAt(i) - 97;
  const again = (world, t, i) => held.again[world][t].charCodeAt(i) - 48;
  const months = () => held.where[0].length;

  // The month from which the two lives of each family differ; never where they are the same to the end.
  function partings() {
    const n = held.where[0][0].length, found = new Array(n).fill(Infinity);
    for (let t = months() - 1; t >= 0; t--) for (let i = 0; i < n; i++) if (place(0, t, i) !== place(1, t, i)) found[i] = t;
    return found;
  }

  function layout(width) {
    const narrow = width < 560, per = narrow ? 2 : held.places.length;
    const columns = narrow ? 4 : per, rows = Math.ceil(held.places.length / columns);
    return { columns, rows, cell: width / columns, narrow };
  }

  // Spots of all families of a world in a month: packed in the box of their place, in the order of the rows.
  function packed(world, t, shape, top, height) {
    const count = new Array(held.places.length).fill(0), n = held.where[0][0].length, found = [];
    const size = Math.max(5, Math.min(9, shape.cell / 14)), across = Math.max(1, Math.floor((shape.cell - 10) / size));
    for (let i = 0; i < n; i++) {
      const p = place(world, t, i), k = count[p]++;
      if (p === held.places.length - 1) { found.push(null); continue; }
      const x = (p % shape.columns) * shape.cell + 5 + ((k % across) + 0.5) * size;
      const y = top + Math.floor(p / shape.columns) * height + 20 + (Math.floor(k / across) + 0.5) * size;
      found.push([x, y]);
    }
    return { found, count, size };
  }

  function boxHeight(shape, world) {
    let most = 1;
    for (let t = 0; t < months(); t += 6) {
      const count = new Array(held.places.length).fill(0);
      for (let i = 0; i < held.where[0][0].length; i++) count[place(world, t, i)]++;
      most = Math.max(most, ...count.slice(0, -1));
    }
    const size = Math.max(5, Math.min(9, shape.cell / 14)), across = Math.max(1, Math.floor((shape.cell - 10) / size));
    return Math.ceil((most * 1.15) / across) * size + 30;
  }

  function draw() {
    if (!held) return;
    const canvas = $("dots-canvas"), width = canvas.clientWidth || 600, ratio = window.devicePixelRatio || 1;
    const shape = layout(width), heights = [0, 1].map((w) => boxHeight(shape, w));
    const tops = [22, 22 + heights[0] * shape.rows + 30], height = tops[1] + heights[1] * shape.rows + 6;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.height = height + "px";
    }
    const style = getComputedStyle(document.documentElement), ink = style.getPropertyValue("--ink"), soft = style.getPropertyValue("--soft");
    const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    const to = canvas.getContext("2d");
    to.setTransform(ratio, 0, 0, ratio, 0, 0);
    to.clearRect(0, 0, width, height);
    const t = Math.min(Math.floor(shownAt), months() - 1), next = Math.min(t + 1, months() - 1), share = shownAt - t;
    spots = [];
    for (const world of [0, 1]) {
      const a = packed(world, t, shape, tops[world], heights[world]), b = packed(world, next, shape, tops[world], heights[world]);
      to.fillStyle = ink;
      to.font = "700 13px system-ui, sans-serif";
      to.fillText(held.worlds[world], 4, tops[world] - 6);
      to.font = "12px system-ui, sans-serif";
      to.fillStyle = soft;
      held.places.forEach((words, p) => to.fillText(words, (p % shape.columns) * shape.cell + 5, tops[world] + Math.floor(p / shape.columns) * heights[world] + 12, shape.cell - 6));
      const away = held.places.length - 1, left = (away % shape.columns) * shape.cell + 5;
      to.fillText(String(a.count[away]), left, tops[world] + Math.floor(away / shape.columns) * heights[world] + 30);
      a.found.forEach((spot, i) => {
        if (!spot) return;
        const [x0, y0] = spot, [x1, y1] = b.found[i] || spot, x = x0 + (x1 - x0) * share, y = y0 + (y1 - y0) * share, often = Math.min(again(world, t, i), 6);
        to.beginPath();
        to.arc(x, y, a.size * 0.36, 0, 7);
        to.fillStyle = dark ? `hsl(25 ${often * 14}% ${48 + often * 6}%)` : `hsl(25 ${often * 14}% ${66 - often * 7}%)`;
        to.fill();
        if (place(0, t, i) !== place(1, t, i)) { to.lineWidth = 1.2; to.strokeStyle = ink; to.stroke(); }
        spots.push([x, y, i]);
      });
    }
  }

  function table() {
    const rows = [["", ...held.worlds]];
    held.places.forEach((words, p) => rows.push([words, ...[0, 1].map((w) => {
      let count = 0;
      for (let i = 0; i < held.where[0][0].length; i++) count += place(w, month, i) === p ? 1 : 0;
      return String(count);
    })]));
    let apart = 0;
    for (let i = 0; i < held.where[0][0].length; i++) apart += place(0, month, i) !== place(1, month, i) ? 1 : 0;
    rows.push(["somewhere else in the other life", "", String(apart)]);
    const to = $("dots-table");
    to.replaceChildren();
    rows.forEach((cells, r) => {
      const line = document.createElement("tr");
      cells.forEach((text, c) => {
        const cell = document.createElement(r === 0 || c === 0 ? "th" : "td");
        if (r === 0) cell.scope = "col"; else if (c === 0) cell.scope = "row";
        cell.textContent = text;
        line.append(cell);
      });
      to.append(line);
    });
  }

  function say() {
    const since = month - held.start;
    let text = (month + 1) + " of " + months();
    text += since < 0 ? ", before the regime begins" : ", month " + (since + 1) + " of the regime" + (since >= held.evidence ? ": nobody was followed so long" : "");
    $("dots-now").textContent = text;
    $("dots-month").setAttribute("aria-valuetext", text);
  }

  function go(t) {
    month = Math.max(0, Math.min(months() - 1, Math.floor(t)));
    $("dots-month").value = month;
    say();
    table();
  }

  function frame(now) {
    if (!playing || !held) return;
    const gone = Math.min(0.2, (now - before) / 1000);
    before = now;
    shownAt = Math.min(months() - 1, shownAt + gone * Number($("dots-speed").value));
    if (Math.floor(shownAt) !== month) go(shownAt);
    if (still.matches) shownAt = Math.floor(shownAt);
    draw();
    if (shownAt >= months() - 1) play(false); else requestAnimationFrame(frame);
  }

  function play(on) {
    playing = on;
    $("dots-play").textContent = on ? "Pause" : "Play";
    if (!on) { shownAt = month; draw(); return; }
    if (month >= months() - 1) { shownAt = 0; go(0); }
    before = performance.now();
    if (still.matches) {
      const step = () => { if (!playing) return; shownAt = month + 1; go(month + 1); draw(); if (month < months() - 1) setTimeout(step, 1000); else play(false); };
      setTimeout(step, 1000);
    } else requestAnimationFrame(frame);
  }

  // A life in sentences: spells of a family, one world after the other.
  function life(i) {
    const told = [0, 1].map((w) => {
      const spells = [];
      let from = 0;
      for (let t = 1; t <= months(); t++) {
        if (t === months() || place(w, t, i) !== place(w, from, i)) {
          spells.push(held.places[place(w, from, i)] + (t - from === 1 ? " in month " + (from + 1) : " from month " + (from + 1) + " to " + t));
          from = t;
        }
      }
      const more = spells.length > 12 ? "; and " + (spells.length - 12) + " more spells" : "";
      return "With " + held.worlds[w] + ": " + spells.slice(0, 12).join(", ") + more + ".";
    });
    const parted = held.parts[i] === Infinity ? "Its two lives are the same." : "Its two lives part in month " + (held.parts[i] + 1) + ".";
    $("dots-life").textContent = "Family " + (i + 1) + ". " + parted + " " + told.join(" ");
  }

  window.familiesAsDots = function (told) {
    held = told;
    held.parts = partings();
    $("dots").hidden = false;
    $("dots-month").max = months() - 1;
    playing = false;
    $("dots-play").textContent = "Play";
    month = Math.min(Math.max(month, held.start), months() - 1);
    shownAt = month;
    go(month);
    draw();
    $("dots-canvas").setAttribute("aria-label", held.where[0][0].length + " families as dots in two worlds; the table below has the numbers of each month");
  };

  document.addEventListener("DOMContentLoaded", () => {
    $("dots-play").addEventListener("click", () => held && play(!playing));
    $("dots-month").addEventListener("input", (event) => { if (!held) return; play(false); shownAt = Number(event.target.value); go(shownAt); draw(); });
    $("dots-canvas").addEventListener("click", (event) => {
      if (!held) return;
      const box = $("dots-canvas").getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
      let best = null, near = 144;
      for (const [px, py, i] of spots) { const d = (px - x) ** 2 + (py - y) ** 2; if (d < near) { near = d; best = i; } }
      if (best !== null) life(best);
    });
    window.addEventListener("resize", draw);
  });
})();
