/* Theme, loading progress and figures of every page. */
(() => {
  "use strict";
  const root = document.documentElement;
  const script = document.getElementById("fd-plotly");
  const palette = JSON.parse(document.getElementById("fd-palette").textContent);
  const colours = /#[0-9A-Fa-f]{6}\b|rgba\(\d+,\d+,\d+,/g;
  const swap = (text) => text.replace(colours, (found) => palette[found.startsWith("#") ? found.toUpperCase() : found] || found);

  /* Figures: first those in the window, one per frame, so that the first is seen while the last is still coming; then, once
     the page is there, all others, between whatever else there is to do. */
  const waiting = [];
  let drawing = false;
  const inWindow = (plot) => { const { top, bottom } = plot.getBoundingClientRect(); return bottom > 0 && top < innerHeight; };
  const idle = () => new Promise((go) => (window.requestIdleCallback ? requestIdleCallback(go, { timeout: 100 }) : setTimeout(go)));
  const options = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"] };

  function specification(plot) {
    const text = plot.dataset.figure;
    return JSON.parse(root.dataset.theme === "dark" ? swap(text) : text);
  }
  async function draw(plot) {
    const { data, layout } = specification(plot);
    layout.autosize = true;
    delete layout.width;
    await window.Plotly.react(plot, data, layout, options);
    plot.dataset.drawn = "true";
  }
  async function drawAll() {
    if (drawing || !window.Plotly) return;
    drawing = true;
    while (waiting.length) {
      if (!waiting.some(inWindow)) {
        if (!complete) break;
        seen();
        await idle();
      }
      const [plot] = waiting.splice(Math.max(0, waiting.findIndex(inWindow)), 1);
      if (!plot.isConnected) continue;
      try { await draw(plot); } catch (error) { console.error(error); plot.textContent = "This figure cannot be drawn. Load the page again."; plot.dataset.drawn = "failed"; }
      await new Promise((go) => requestAnimationFrame(go));
    }
    drawing = false;
    finished();
  }
  function take(figure) {
    const plot = figure.querySelector(".fd-plot");
    const data = figure.querySelector(".fd-data");
    if (!plot || !data) return;
    plot.dataset.figure = data.textContent;
    data.remove();
    waiting.push(plot);
  }
  /* A script's text may still be on its way while the page streams in: a figure is whole once something follows it. */
  function collect(whole) {
    for (const figure of document.querySelectorAll(".fd-figure:has(.fd-data)")) {
      if (whole || figure.querySelector("figcaption")) take(figure);
    }
    drawAll();
  }

  /* Progress */
  const bar = document.querySelector(".fd-progress");
  const started = performance.now();
  const creeping = setInterval(() => {
    const seconds = (performance.now() - started) / 1000;
    bar.style.width = `${95 * (1 - Math.exp(-seconds / 1.2))}%`;
    const text = document.querySelector(".fd-waiting span");
    if (text && seconds > 8) text.textContent = "Still loading: many people are looking at dashboards right now.";
    collect(false);
  }, 60);
  /* `data-ready`: the page is there, and every figure in the window is drawn; `data-whole`: those below it as well. */
  let complete = false;
  function seen() {
    if (!complete || root.dataset.ready) return;
    root.dataset.ready = String(Math.round(performance.now()));
    bar.style.width = "100%";
    bar.style.opacity = "0";
  }
  function finished() {
    if (!complete || waiting.length || drawing || root.dataset.whole) return;
    seen();
    root.dataset.whole = String(Math.round(performance.now()));
  }
  function loaded() {
    clearInterval(creeping);
    complete = true;
    document.querySelector(".fd-waiting")?.remove();
    collect(true);
    if (!drawing && !waiting.some(inWindow)) seen(); // also where what draws is still on its way
    finished();
    if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }
  script?.addEventListener("load", drawAll);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", loaded); else loaded();

  /* Theme: the system's, unless the viewer chose one. */
  const button = document.querySelector(".fd-theme");
  const remember = (theme) => { try { localStorage.setItem("foliohub-theme", theme); } catch { /* storage is off */ } };
  const remembered = () => { try { return localStorage.getItem("foliohub-theme"); } catch { return null; } };
  function label() {
    button.textContent = root.dataset.theme === "dark" ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to the ${button.textContent.toLowerCase()} theme`);
  }
  function redraw() {
    for (const plot of document.querySelectorAll(".fd-plot[data-drawn]")) if (!waiting.includes(plot)) waiting.push(plot);
    drawAll();
  }
  button.addEventListener("click", () => {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    remember(root.dataset.theme);
    label();
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
    if (remembered()) return;
    root.dataset.theme = event.matches ? "dark" : "light";
    label();
    redraw();
  });
  label();

  window.foliohub = { take, drawAll };
})();
