/* Before anything is painted: the viewer's theme, or the system's. */
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("foliohub-theme"); } catch { /* storage is off: the system decides */ }
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.theme = chosen === "dark" || chosen === "light" ? chosen : system;
})();
