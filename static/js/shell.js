// The frame of every page: palette, keys, toasts, ticking clocks, menus, dialogs. Bound by data- attributes, so parts that
// arrive later over the socket work without being told. No inline script, no eval: runs under script-src 'self'.
//
// What other scripts may use is on window.midshift:
//   morph(element, html)    replaces an element by the first element of `html`, keeping focus, typed text, selection, scroll and
//                           open <details>. Returns a promise of the element that is in the page now. It is htmx 4's own morph
//                           through its public call: htmx.swap({text, target, swap: "outerMorph", sourceElement}). hx- attributes in
//                           the new content work; elements are matched by id, so rows need stable ids.
//   toast(text, {undo})     says something about the person's own action; `undo` is a function and adds the button (and Z).
//   serverTime()            milliseconds now on the server's clock; setServerTime(ms) when a frame brings a newer one.
//   setFreshness(state, at) "live" | "late" | "lost" and the moment (ms) of the last good figures.
// Event on document: "midshift:retry" when "Try now" is pressed.
(() => {
  const root = document.documentElement;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const remember = (key, value) => {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      // Storage is blocked: the choice lasts as long as the page.
    }
  };
  const recall = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };

  // --- clocks: the server sends only the start, the browser ticks -------------------------------------------------
  const pageNow = Number(one('meta[name="midshift-now"]')?.content || 0) * 1000;
  // Whole seconds and the time of travel make the page's own moment look up to a second old; a frame's is exact.
  let offset = pageNow ? pageNow - Date.now() : 0;
  const serverTime = () => Date.now() + offset;
  const setServerTime = (milliseconds) => {
    offset = milliseconds - Date.now();
  };
  const pad = (value) => String(value).padStart(2, "0");
  function durationText(seconds) {
    const whole = Math.max(0, Math.trunc(seconds));
    if (whole < 60) return `${whole}s`;
    if (whole < 3600) return `${Math.trunc(whole / 60)}m ${pad(whole % 60)}s`;
    if (whole < 172800) return `${Math.trunc(whole / 3600)}h ${pad(Math.trunc((whole % 3600) / 60))}m`;
    return `${Math.trunc(whole / 86400)}d ${Math.trunc((whole % 86400) / 3600)}h`;
  }
  // ?still stops the clocks, for pictures that are compared.
  const isStill = new URLSearchParams(location.search).has("still");
  function tick() {
    const now = serverTime();
    for (const element of all("[data-since]")) {
      const text = durationText((now - Number(element.dataset.since)) / 1000);
      if (element.textContent !== text) element.textContent = text;
    }
  }
  if (!isStill) setInterval(tick, 1000);

  // --- somebody is here: a page that is only read keeps its session while hands move on it ----------------------------
  const HERE_MILLISECONDS = 4 * 60_000;
  const hereAddress = one("[data-here]")?.dataset.here;
  let saidAt = Date.now();
  function sayHere() {
    if (Date.now() - saidAt < HERE_MILLISECONDS) return;
    saidAt = Date.now();
    const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited"));
    // Whether it was heard is seen at the next request; a page in the background has nothing to say about it.
    fetch(hereAddress, { method: "POST", headers }).catch(() => {});
  }
  if (hereAddress) {
    for (const sign of ["pointermove", "pointerdown", "keydown", "scroll"]) {
      document.addEventListener(sign, sayHere, { passive: true, capture: true });
    }
  }

  // --- freshness: dot, word, age; and the bar when the connection is lost ---------------------------------------------
  const WORDS = { live: "Live", late: "Late", lost: "Not connected" };
  function setFreshness(state, at) {
    const time = new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    for (const element of all("[data-freshness]")) {
      if (element.dataset.freshness !== state) {
        element.dataset.freshness = state;
        one("[data-freshness-word]", element).textContent = WORDS[state];
      }
      const age = one("[data-since]", element);
      if (age) age.dataset.since = String(at);
    }
    const bar = one("[data-stale-bar]");
    if (!bar) return;
    bar.hidden = state !== "lost";
    const moment = one("[data-stale-at]", bar);
    if (moment.textContent !== time) moment.textContent = time;
  }

  // --- morph ------------------------------------------------------------------------------------------------------
  const htmx = window.htmx;
  htmx?.registerExtension("keep-open", {
    // A <details> that somebody opened stays open when its content is refreshed.
    htmx_before_morph_attr: (element, detail) => !(detail.attrName === "open" && element.nodeName === "DETAILS"),
  });
  async function morph(element, html) {
    const id = element.id;
    await htmx.swap({ text: html, target: element, swap: "outerMorph", sourceElement: element });
    return id ? document.getElementById(id) : element;
  }

  // --- toasts: only for one's own action or a new critical alert ------------------------------------------------------
  const TOAST_MILLISECONDS = 8000;
  function leaveLater(element) {
    setTimeout(() => element.remove(), TOAST_MILLISECONDS);
  }
  function toast(text, { undo = null } = {}) {
    const element = document.createElement("div");
    element.className = "c-toast";
    const words = document.createElement("span");
    words.textContent = text;
    element.append(words);
    if (undo) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Undo";
      button.dataset.undo = "";
      button.addEventListener("click", () => {
        element.remove();
        undo();
      });
      const key = document.createElement("kbd");
      key.textContent = "Z";
      element.append(button, key);
    }
    one("#toasts")?.replaceChildren(element);
    leaveLater(element);
  }
  all("[data-toast]").forEach(leaveLater);
  document.addEventListener("htmx:response:error", (event) => {
    const status = event.detail?.ctx?.response?.status;
    if (status === 400 || status === 422) return; // the form says beside its fields what was wrong
    toast(status === 403 ? "You may not do this. Ask an administrator for access." : "That did not work. Try again in a moment.");
  });

  // --- dialogs: native <dialog> gives the focus trap, Esc and the return of focus -------------------------------------
  function openDialog(id) {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    for (const menu of all("details[data-menu][open]")) menu.open = false;
    dialog.showModal();
    one("input, textarea", dialog)?.focus();
    if (id === "palette") resetPalette();
    if (id === "keys") listKeys(dialog);
  }

  // A key is listed where it does something.
  function listKeys(dialog) {
    for (const line of all("[data-needs]", dialog)) line.hidden = !one(line.dataset.needs);
  }

  function toggleTheme() {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    remember("midshift-theme", root.dataset.theme);
  }
  function toggleDensity(button) {
    const isRoomy = root.dataset.density !== "comfortable";
    if (isRoomy) root.dataset.density = "comfortable";
    else delete root.dataset.density;
    remember("midshift-density", isRoomy ? "comfortable" : null);
    button.setAttribute("aria-pressed", String(isRoomy));
  }
  document.addEventListener("click", (event) => {
    if (event.target.nodeName === "DIALOG") event.target.close();
    for (const menu of all("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
    const option = event.target.closest("[data-palette-href], [data-search]");
    if (option) return void take(option);
    const button = event.target.closest("[data-open], [data-close], [data-theme-toggle], [data-density-toggle], [data-retry]");
    if (!button) return;
    const data = button.dataset;
    if ("open" in data) {
      event.preventDefault();
      openDialog(data.open);
    } else if ("close" in data) button.closest("dialog").close();
    else if ("themeToggle" in data) toggleTheme();
    else if ("densityToggle" in data) toggleDensity(button);
    else if ("retry" in data) document.dispatchEvent(new CustomEvent("midshift:retry"));
  });
  for (const button of all("[data-density-toggle]")) button.setAttribute("aria-pressed", String(root.dataset.density === "comfortable"));

  // --- palette: filters as one types, arrows choose, focus stays in the field ------------------------------------------
  const palette = one("#palette");
  const field = palette && one("input", palette);
  const shown = () => all("[role=option]", palette).filter((option) => !option.hidden);
  function choose(option) {
    for (const other of all("[role=option]", palette)) other.setAttribute("aria-selected", String(other === option));
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }
  const matches = (option, words) => words.every((word) => option.textContent.toLowerCase().includes(word));
  const typedWords = () => field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  // What the server found is right as it came. Whoever walked to a line keeps it while more is found.
  let hasWalked = false;
  function filterPalette() {
    const kept = hasWalked && one("[aria-selected=true]", palette);
    const words = typedWords();
    for (const option of all("[role=option]:not([data-search], [data-found] *)", palette)) option.hidden = !matches(option, words);
    const search = one("[data-search]", palette);
    if (search) {
      search.hidden = words.length === 0;
      one("[data-search-words]", search).textContent = field.value.trim();
    }
    for (const group of all("[role=group]", palette)) {
      group.hidden = !all("[role=option]", group).some((option) => !option.hidden);
    }
    one("[data-palette-none]", palette).hidden = shown().length > 0;
    choose(shown().includes(kept) ? kept : shown()[0]);
  }
  function resetPalette() {
    field.value = "";
    hasWalked = false;
    all("[data-found]", palette).forEach((group) => group.remove());
    filterPalette();
    askServer();
  }
  // What is searched for may be personal: it is posted, and so stands in no address, history or log.
  function take(option) {
    if (!("search" in option.dataset)) return location.assign(option.dataset.paletteHref);
    const form = one("[data-search-form]", palette);
    form.elements.q.value = field.value.trim();
    return form.submit();
  }
  // What the server finds, when the page names an address for it: groups (data-found) of options, put in where it is named.
  // A form in a live part was drawn without a visitor, so without their token: it takes the page's.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.elements.namedItem("csrfmiddlewaretoken")) return;
    const token = document.createElement("input");
    Object.assign(token, { type: "hidden", name: "csrfmiddlewaretoken", value: csrfHeader()["X-CSRFToken"] || "" });
    form.append(token);
  });
  const csrfHeader = () => JSON.parse(document.body.getAttribute("hx-headers:inherited") || "{}");
  async function foundFor(address, query) {
    try {
      const reply = await fetch(address, { method: "POST", headers: csrfHeader(), body: new URLSearchParams({ q: query }) });
      return reply.ok ? await reply.text() : "";
    } catch (problem) {
      // No network, or the page is being left: what the page has itself is still there to choose from.
      if (problem.name === "TypeError" || problem.name === "AbortError") return "";
      throw problem;
    }
  }
  let asked = 0;
  async function askServer() {
    const place = one("[data-palette-source]", palette);
    const query = field.value.trim();
    const mine = (asked += 1);
    if (!place) return;
    if (query) await new Promise((resolve) => setTimeout(resolve, 150));
    if (mine !== asked) return;
    const html = await foundFor(place.dataset.paletteSource, query);
    if (mine !== asked) return;
    all("[data-found]", palette).forEach((group) => group.remove());
    place.insertAdjacentHTML("afterend", html);
    filterPalette();
  }
  if (palette) {
    field.addEventListener("input", () => {
      hasWalked = false;
      // What was found for other words goes at once; what still fits stays until the answer to these is here.
      for (const option of all("[data-found] [role=option]", palette)) if (!matches(option, typedWords())) option.remove();
      filterPalette();
      askServer();
    });
    field.addEventListener("keydown", (event) => {
      const options = shown();
      const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        hasWalked = true;
        choose(options[(at + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length]);
      } else if (event.key === "Enter" && options[at]) {
        event.preventDefault();
        options[at].click();
      }
    });
  }

  // Beside the list there is room; above it, on a narrow screen, one opens it when one needs it.
  for (const part of all("[data-fold-when-narrow]")) {
    if (matchMedia("(max-width: 1080px)").matches) part.open = false;
    // Until now the style hid what is folded.
    part.removeAttribute("data-fold-when-narrow");
  }

  // --- to a message: in view, marked, focused, and in the address ------------------------------------------------------
  function showMessage(id) {
    const message = document.getElementById(id);
    if (!message) return;
    all(".is-highlighted").forEach((other) => other.classList.remove("is-highlighted"));
    message.classList.add("is-highlighted");
    const isCalm = isStill || matchMedia("(prefers-reduced-motion: reduce)").matches;
    message.scrollIntoView({ block: "center", behavior: isCalm ? "instant" : "smooth" });
    message.focus({ preventScroll: true });
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#m"]');
    if (!link || !/^#m\d+$/.test(link.hash)) return;
    event.preventDefault();
    history.replaceState(null, "", link.hash);
    showMessage(link.hash.slice(1));
  });
  // The font moves the lines: wait for it, or the message ends up beside the window.
  if (/^#m\d+$/.test(location.hash)) document.fonts.ready.then(() => showMessage(location.hash.slice(1)));

  // --- rows: J and K walk them, Enter opens ---------------------------------------------------------------------------
  const ROWS = "[data-row]";
  // Where alerts are open they are what one walks: J, J, Enter is the message of the second.
  const rows = () => all(one("[data-alert]") ? "[data-alert]" : ROWS).filter((row) => row.offsetParent !== null);
  const rowLink = (row) => (row.matches("a") ? row : one("[data-evidence]", row) || one("a[href]", row));
  function moveRow(step) {
    const list = rows();
    if (!list.length) return;
    const here = list.findIndex((row) => row.contains(document.activeElement));
    const next = list[here < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(Math.max(here + step, 0), list.length - 1)];
    rowLink(next)?.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  // --- keys: none while typing; single ones can be switched off (WCAG 2.1.4) ------------------------------------------
  const singleKeys = () => recall("midshift-single-keys") !== "off";
  const keySwitch = one("[data-single-keys]");
  if (keySwitch) {
    keySwitch.checked = singleKeys();
    keySwitch.addEventListener("change", () => remember("midshift-single-keys", keySwitch.checked ? null : "off"));
  }
  const TYPING = "input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable]";
  const goTo = (letter) => all("[data-go]").find((element) => element.dataset.go === letter);
  let goPressedAt = 0;
  function single(event) {
    const key = event.key;
    if (goPressedAt && Date.now() - goPressedAt < 1200) {
      goPressedAt = 0;
      const target = goTo(key.toLowerCase());
      if (target) location.assign(target.dataset.href);
      return true;
    }
    if (key === "g") goPressedAt = Date.now();
    else if (key === "?") openDialog("keys");
    else if (key === "z") one("[data-undo]")?.click();
    else if (key === "j") moveRow(1);
    else if (key === "k") moveRow(-1);
    else if (key === "/" && one("[data-search-field]")) one("[data-search-field]").focus();
    else if (key === "[" || key === "]") moveMessage(key === "]" ? 1 : -1);
    else return pressed(key);
    return true;
  }
  // A part of the page may have a key of its own: [data-press="x"] is clicked, and has the focus.
  function pressed(key) {
    const part = all("[data-press]").find((element) => element.dataset.press === key);
    if (!part) return false;
    part.click();
    part.focus();
    return true;
  }
  function moveMessage(step) {
    const list = all(".c-message[id]");
    if (!list.length) return;
    const here = list.findIndex((message) => message.matches(".is-highlighted, :target") || message === document.activeElement);
    const next = list[Math.min(Math.max(here + step, 0), list.length - 1)];
    history.replaceState(null, "", `#${next.id}`);
    showMessage(next.id);
  }
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (palette) openDialog("palette");
      return;
    }
    const menu = event.key === "Escape" && event.target.closest("details[data-menu][open]");
    if (menu) {
      menu.open = false;
      one("summary", menu).focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TYPING) || one("dialog[open]")) return;
    if (singleKeys() && single(event)) event.preventDefault();
  });

  window.midshift = { morph, toast, serverTime, setServerTime, setFreshness, durationText, showMessage };
})();
