/* Live panels: the values of controls go to the page's kernel, markup and figures come back. */
(() => {
  "use strict";
  const panels = [...document.querySelectorAll("[data-live]")];
  const { base } = document.body.dataset;
  const { kernel, replica } = document.querySelector(".fd-kernel")?.dataset ?? {};
  if (!panels.length || !kernel) return;
  const session = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2);
  const comm = session + "-comm";
  const states = new Map(panels.map((panel) => [panel.dataset.live, { panel, sequence: 0, asked: false, again: false, timer: 0 }]));
  const RENEWED = 1012;
  let socket = null, attempts = 0, opened = false, held = false;
  addEventListener("pointerdown", () => { held = true; });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { held = false; });

  const message = (type, content) => JSON.stringify({
    header: { msg_id: `${session}-${Math.random()}`, msg_type: type, username: "", session, date: new Date().toISOString(), version: "5.3" },
    parent_header: {}, metadata: {}, content, buffers: [], channel: "shell",
  });

  function values(panel) {
    const found = {};
    for (const input of panel.querySelectorAll("[data-name]")) {
      if (input.type === "radio" && !input.checked) continue;
      if (input.type === "checkbox") found[input.dataset.name] = input.checked ? "1" : "0";
      else if (input.type === "range") found[input.dataset.name] = String(number(input));
      else found[input.dataset.name] = input.value;
    }
    return found;
  }
  function number(input) {
    const value = Number(input.value);
    return "log" in input.dataset ? Number((10 ** value).toPrecision(4)) : value;
  }
  function show(input) {
    if (input.type !== "range") return;
    const text = number(input).toFixed(Number(input.dataset.decimals)) + input.dataset.unit;
    input.closest(".fd-control").querySelector("output").textContent = text;
    input.setAttribute("aria-valuetext", text);
  }
  function address() {
    const query = new URLSearchParams(location.search);
    for (const panel of panels) for (const [name, value] of Object.entries(values(panel))) query.set(name, value);
    return `${location.pathname}?${query}${location.hash}`;
  }

  /* One question at a time: what is moved meanwhile is asked once the answer is there. */
  function ask(state) {
    if (state.asked) { state.again = true; return; }
    if (!opened) { state.again = true; return; }
    state.asked = true;
    state.sequence += 1;
    state.started = performance.now();
    const drawn = state.panel.querySelector(".fd-drawn");
    drawn.setAttribute("aria-busy", "true");
    state.timer = setTimeout(() => drawn.classList.add("fd-slow"), 400);
    socket.send(message("comm_msg", { comm_id: comm, data: { panel: state.panel.dataset.live, sequence: state.sequence, values: values(state.panel) } }));
  }
  function answered(data) {
    for (const state of states.values()) {
      if (!state.asked || state.sequence !== data.sequence || (data.panel && data.panel !== state.panel.dataset.live)) continue;
      clearTimeout(state.timer);
      if (data.gone) { location.assign(address()); return; }
      const drawn = state.panel.querySelector(".fd-drawn");
      replace(drawn, data.html);
      drawn.classList.remove("fd-slow");
      drawn.setAttribute("aria-busy", "false");
      state.panel.dataset.milliseconds = String(Math.round(performance.now() - state.started));
      state.asked = false;
      if (state.again) { state.again = false; ask(state); }
      return;
    }
  }
  /* Figures stay where they are and change; only what is around them is exchanged. */
  function replace(drawn, html) {
    const next = document.createElement("div");
    next.innerHTML = html;
    const before = [...drawn.querySelectorAll(".fd-figure")];
    const after = [...next.querySelectorAll(".fd-figure")];
    if (before.length === after.length) {
      after.forEach((figure, i) => {
        const plot = before[i].querySelector(".fd-plot");
        const fresh = figure.querySelector(".fd-plot");
        plot.style.height = fresh.style.height;
        fresh.replaceWith(plot);
      });
    }
    drawn.replaceChildren(...next.childNodes);
    drawn.querySelectorAll(".fd-figure").forEach((figure) => window.foliohub.take(figure));
    window.foliohub.drawAll();
  }

  function connect() {
    const url = new URL(`${base}${replica ? `replicas/${replica}/` : ""}api/kernels/${kernel}/channels`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("session_id", session);
    const xsrf = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie);
    if (xsrf) url.searchParams.set("_xsrf", decodeURIComponent(xsrf[1]));
    socket = new WebSocket(url);
    socket.onopen = () => {
      socket.send(message("comm_open", { comm_id: comm, target_name: "foliohub.live", data: {} }));
      opened = true;
      attempts = 0;
      document.querySelector(".fd-offline")?.remove();
      document.body.dataset.connected = "true";
      for (const state of states.values()) if (state.again) { state.again = false; ask(state); }
    };
    socket.onmessage = (event) => {
      if (typeof event.data !== "string") return;
      const received = JSON.parse(event.data);
      if (received.msg_type === "comm_msg" && received.content.comm_id === comm) answered(received.content.data);
    };
    socket.onclose = (event) => {
      opened = false;
      delete document.body.dataset.connected;
      for (const state of states.values()) state.asked = false;
      if (event.code === RENEWED) { attempts = Infinity; renew(); return; }
      attempts += 1;
      if (attempts <= 3) { setTimeout(connect, 400 * attempts); return; }
      say("This page rests. Moving a control loads it again.");
    };
  }
  function say(text) {
    let note = document.querySelector(".fd-offline");
    if (!note) {
      note = document.createElement("div");
      note.className = "fd-offline";
      note.setAttribute("role", "status");
      document.body.append(note);
    }
    note.textContent = text;
  }
  /* What drew this page ends. Load it again, as it is set now, once there is another, the viewer looks and no control is held;
     not all viewers at once. */
  async function renew() {
    say("The dashboards are being renewed. This page loads itself again in a moment.");
    for (let pause = 500 + 3000 * Math.random(); ; pause = 2000) {
      await new Promise((go) => setTimeout(go, pause));
      if (document.hidden || held) continue;
      try { if ((await fetch(`${base}ready`, { cache: "no-store" })).ok) break; } catch { /* not yet */ }
    }
    location.assign(address());
  }

  for (const state of states.values()) {
    state.panel.querySelector("form")?.addEventListener("submit", (event) => event.preventDefault());
    state.panel.addEventListener("input", (event) => {
      if (!event.target.dataset.name) return;
      show(event.target);
      if (!opened && attempts > 3) return;
      ask(state);
    });
    state.panel.addEventListener("change", (event) => {
      if (!event.target.dataset.name) return;
      if (!opened && attempts > 3) { location.assign(address()); return; }
      history.replaceState(null, "", address());
    });
    const every = Number(state.panel.dataset.every);
    if (every) setInterval(() => { if (!document.hidden && opened) ask(state); }, every * 1000);
  }
  const begin = () => connect();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin); else begin();
})();
