// Levers to positions, screens, pins, dialogs, the tour. The state is in the address; nothing is kept here alone.
"use strict";
(function () {
  const $ = (id) => document.getElementById(id);
  const levers = () => Array.from(document.querySelectorAll(".lever"));
  const control = (lever) => lever.querySelector("input, select");
  const number = (x) => Number(x).toLocaleString("en-GB", { maximumSignificantDigits: 6 });
  const rounded = (x) => Number(Number(x).toPrecision(3));
  const stated = (x, unit) => unit.startsWith("£") ? "£" + number(x) + unit.slice(1) : unit.startsWith("%") ? number(x) + unit : number(x) + " " + unit;
  let pins = new URLSearchParams(location.search).getAll("pin").slice(0, 4);
  let screen = document.querySelector('[role="tab"][aria-selected="true"]').dataset.screen;
  let timer = 0, sent = null;

  function query() {
    const moved = new URLSearchParams();
    for (const lever of levers()) {
      const value = control(lever).value;
      if (lever.querySelector("select") ? value !== lever.dataset.default : Number(value) !== Number(lever.dataset.default)) {
        moved.append(lever.dataset.lever, value);
      }
    }
    return moved;
  }

  function show(lever) {
    const held = control(lever), value = held.value;
    const moved = held.tagName === "SELECT" ? value !== lever.dataset.default : Number(value) !== Number(lever.dataset.default);
    lever.classList.toggle("moved", moved);
    if (held.type !== "range") return;
    lever.querySelector("output").textContent = stated(value, held.dataset.unit);
    held.setAttribute("aria-valuetext", stated(value, held.dataset.unit));
    const episode = lever.querySelector(".episode");
    if (episode && lever.dataset.each) {
      episode.hidden = false;
      episode.querySelector("input").value = Math.round(value * lever.dataset.each);
    }
    const share = (x) => ((x - held.min) / (held.max - held.min)) * 100;
    if ("low" in lever.dataset) {
      const low = Number(lever.dataset.low), high = Number(lever.dataset.high);
      held.style.setProperty("--low", Math.max(0, share(low)) + "%");
      held.style.setProperty("--high", Math.min(100, share(high)) + "%");
      const beyond = value < low - 1e-9 || value > high + 1e-9;
      lever.classList.toggle("beyond", beyond);
      lever.querySelector(".beyond").hidden = !beyond;
    }
  }

  // Where help breaks even along a lever holds while the others stand; it comes again once it is worked out anew.
  function forget(but) {
    for (const lever of levers()) if (lever !== but) for (const mark of lever.querySelectorAll(".tick, .breaks")) mark.hidden = true;
  }

  function remember() {
    const all = query();
    if (screen !== "answer") all.append("screen", screen);
    for (const pin of pins) all.append("pin", pin);
    const text = all.toString();
    history.replaceState(null, "", text ? "?" + text : location.pathname);
  }

  function tell(name, value) {
    if (window.Shiny && Shiny.setInputValue) Shiny.setInputValue(name, value, { priority: "event" });
  }

  function move(now) {
    remember();
    const text = query().toString();
    if (text === sent) return;
    document.body.classList.add("moving");
    clearTimeout(timer);
    timer = setTimeout(() => { sent = text; tell("position", text); }, now ? 0 : 120);
  }

  // The answer is of where the levers stand once it says so itself.
  function arrived() {
    const stamp = document.querySelector("#answer .stamp");
    if (stamp && stamp.dataset.at === sent) document.body.classList.remove("moving");
  }

  function look(name, focus) {
    screen = name;
    for (const tab of document.querySelectorAll('[role="tab"]')) {
      const on = tab.dataset.screen === name;
      tab.setAttribute("aria-selected", on);
      tab.tabIndex = on ? 0 : -1;
      if (on && focus) tab.focus();
      $("screen-" + tab.dataset.screen).hidden = !on;
      if (on && window.jQuery) jQuery($("screen-" + name)).trigger("shown");
    }
    remember();
    tell("screen", name);
  }

  function dialog(title, text, ask) {
    return new Promise((resolve) => {
      const box = $("dialog");
      $("dialog-title").textContent = title;
      $("dialog-text").textContent = text;
      $("dialog-name").hidden = $("dialog-ok").hidden = !ask;
      $("dialog-cancel").textContent = ask ? "Leave it" : "Close";
      box.onclose = () => resolve(ask && box.returnValue === "ok" ? $("dialog-name").value : null);
      box.returnValue = "";
      box.showModal();
    });
  }

  async function ask(input, title, text) {
    const name = await dialog(title, text, true);
    if (name !== null) tell(input, name);
  }

  const STEPS = [
    ["The answer", "#answer", "The sentence says what help saves and costs for each family helped, and the price at which it breaks even. Six figures stand below it."],
    ["A lever", ".lever[data-lever='caseload'], .lever", "Each lever is one figure of the study. The blue part of its track is the published range; beyond it there is no evidence. Move it: families are simulated again on the same random numbers."],
    ["What is believed", ".bars, #answer", "The readings of the evidence stand beside each other. Nobody can say which is right, so the others never disappear."],
    ["Families, money, doubt", "nav", "The screens show who waits longer, who pays, and how sure any of it is. Every figure has its numbers behind it."],
    ["Keep it", ".actions", "Pin a position to compare, save it as a config that anybody can run, or run it in full. The address holds the state: send it to a colleague who has the program."],
  ];

  async function tour() {
    for (let i = 0; i < STEPS.length; i++) {
      const [title, where, text] = STEPS[i];
      const place = document.querySelector(where);
      if (place) { place.classList.add("pointed"); place.scrollIntoView({ block: "center" }); }
      const box = $("dialog");
      const go = await new Promise((resolve) => {
        $("dialog-title").textContent = (i + 1) + " of " + STEPS.length + ": " + title;
        $("dialog-text").textContent = text;
        $("dialog-name").hidden = true;
        $("dialog-ok").hidden = false;
        $("dialog-ok").textContent = i + 1 < STEPS.length ? "Next" : "Done";
        $("dialog-cancel").textContent = "End the tour";
        box.onclose = () => resolve(box.returnValue === "ok");
        box.returnValue = "";
        box.showModal();
      });
      if (place) place.classList.remove("pointed");
      $("dialog-ok").textContent = "Go on";
      if (!go) break;
    }
    $("tour").focus();
  }

  function part(name) {
    let holder = $("part-" + name);
    return holder;
  }

  function start() {
    for (const lever of levers()) {
      show(lever);
      const held = control(lever);
      held.addEventListener("input", () => { show(lever); if (lever.dataset.kind === "prices" || (held.tagName === "SELECT" && lever.dataset.kind !== "study")) move(false); });
      held.addEventListener("change", () => { show(lever); forget(lever); if (lever.dataset.kind === "study") { remember(); location.reload(); } else move(true); });
    }
    const episode = $("episode");
    if (episode) episode.addEventListener("change", () => {
      const lever = episode.closest(".lever");
      if (episode.value !== "") control(lever).value = episode.value / lever.dataset.each;
      show(lever);
      forget(lever);
      move(true);
    });
    $("levers").addEventListener("submit", (event) => event.preventDefault());
    $("reset").addEventListener("click", () => {
      const elsewhere = levers().some((lever) => lever.dataset.kind === "study" && lever.classList.contains("moved"));
      for (const lever of levers()) { control(lever).value = lever.dataset.default; show(lever); }
      forget(null);
      if (elsewhere) { remember(); location.reload(); } else move(true);
    });
    const tabs = Array.from(document.querySelectorAll('[role="tab"]'));
    tabs.forEach((tab, i) => {
      tab.addEventListener("click", () => look(tab.dataset.screen, false));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (step) { event.preventDefault(); look(tabs[(i + step + tabs.length) % tabs.length].dataset.screen, true); }
      });
    });
    $("pin").addEventListener("click", () => {
      const here = query().toString();
      if (!pins.includes(here)) pins = [...pins, here].slice(-4);
      remember();
      tell("pins", pins);
      count();
    });
    $("save").addEventListener("click", () => ask("save", "Save as config", "A file in the folder in which the program was started; it extends the study and holds only what was moved. Its name:"));
    $("full").addEventListener("click", () => ask("full", "Run in full", "The whole study with all its readings, in the background: minutes to an hour. The results lie under results/ like any other. A name for it:"));
    $("print").addEventListener("click", () => { look("answer", false); window.print(); });
    $("tour").addEventListener("click", tour);
    $("dialog-ok").addEventListener("click", () => $("dialog").close("ok"));
    $("dialog-cancel").addEventListener("click", () => $("dialog").close("no"));
    $("dialog-name").addEventListener("keydown", (event) => { if (event.key === "Enter") $("dialog").close("ok"); });
    document.addEventListener("click", (event) => {
      if (event.target.id === "stop") tell("stop", Date.now());
      if (event.target.classList.contains("unpin")) {
        pins.splice(Number(event.target.dataset.pin), 1);
        remember(); tell("pins", pins); count();
      }
    });
    document.addEventListener("input", (event) => {
      if (event.target.id !== "find") return;
      const wanted = event.target.value.toLowerCase();
      for (const row of document.querySelectorAll("#figures tbody tr")) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    count();
    Shiny.addCustomMessageHandler("say", (told) => dialog(told.title, told.text, false));
    Shiny.addCustomMessageHandler("tick", (at) => {
      const lever = document.querySelector(`.lever[data-lever="${at.lever}"]`);
      const tick = lever && lever.querySelector(".tick");
      if (!tick) return;
      const held = control(lever), share = (at.value - held.min) / (held.max - held.min), breaks = lever.querySelector(".breaks");
      tick.hidden = at.value === null || !(share >= 0 && share <= 1);
      tick.style.left = share * 100 + "%";
      breaks.hidden = false;
      breaks.textContent = at.value === null ? "breaks even nowhere in this range" : "breaks even at " + stated(rounded(at.value), held.dataset.unit);
      if ("each" in at) lever.dataset.each = at.each;
      if (document.activeElement !== $("episode")) show(lever);
    });
    Shiny.addCustomMessageHandler("parts", (told) => {
      const holder = $("parts-" + told.screen);
      holder.replaceChildren();
      for (const name of told.names) {
        const place = document.createElement("div");
        place.id = "part-" + name;
        place.className = "part";
        place.innerHTML = '<p class="caption">drawing …</p>';
        holder.append(place);
      }
      const last = document.createElement("div");
      last.innerHTML = told.html;
      holder.append(last);
    });
    Shiny.addCustomMessageHandler("part", (told) => {
      const place = part(told.name);
      if (place) place.innerHTML = told.html;
    });
    const pair = ["across", "down"].map((which) => $("surface-" + which));
    if (pair[0]) for (const held of pair) held.addEventListener("change", () => {
      if (pair[0].value === pair[1].value) { $("surface-drawing").textContent = "Choose two levers that differ."; return; }
      $("surface-drawing").textContent = "simulating …";
      tell("surface", pair.map((one) => one.value));
    });
    Shiny.addCustomMessageHandler("surface", (told) => { $("surface-drawing").innerHTML = told.html; });
    Shiny.addCustomMessageHandler("dots", (told) => window.familiesAsDots(told));
    jQuery(document).on("shiny:value", (event) => { if (event.name === "answer") setTimeout(arrived, 0); });
    jQuery(document).on("shiny:disconnected", () => document.body.classList.add("gone"));
    tell("pins", pins);
    tell("screen", screen);
    move(true);
  }

  function count() {
    const tab = $("tab-compare");
    tab.textContent = pins.length ? "Compare (" + pins.length + ")" : "Compare";
  }

  function ready() {
    if (window.Shiny && Shiny.initializedPromise) Shiny.initializedPromise.then(start);
    else jQuery(document).one("shiny:connected", start);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
