// Runs before the first paint, so that a chosen theme never flashes. Without a choice the system's is followed.
(() => {
  const root = document.documentElement;
  let stored = {};
  try {
    stored = { theme: localStorage.getItem("midshift-theme"), density: localStorage.getItem("midshift-density") };
  } catch {
    // Storage is blocked: the defaults are fine.
  }
  const theme = new URLSearchParams(location.search).get("theme") || stored.theme;
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (stored.density === "comfortable") root.dataset.density = stored.density;
})();
