// Keeps the regions of a page current. A region is marked in the page:
//   <section id="floor-queues" data-region="floor.queues" data-params='{"queue":"…"}'>
// They are watched over one socket (/ws/live). A frame is {"seq", "ts", "region", "params", "html"}; without html, after a gap in
// seq and while the socket is down, the same region is fetched from /live/regions/<name>?<params>.
//
// What a person is doing wins over new figures: focus, typed text, selection, scroll and open <details> stay (shell.js's morph),
// and rows do not change places while the pointer or the focus is on their region; they do when it leaves.
//
// Freshness is never claimed: "live" needs a sign of life from the server in the last 15 s, after that it is "late", and after
// 30 s or without a socket "not connected".
//
// Events, on the region's element, bubbling:
//   "midshift:frame"  detail {region, params, seq, ts}       new content was painted; seq is null when it came over HTTP
//   "midshift:gone"   detail {region, params, sentence}      the viewer may not see it (any more); its content was taken out
(() => {
  const BEAT_LATE_MS = 15_000;
  const BEAT_LOST_MS = 30_000;
  const POLL_MS = 10_000;
  const RETRY_FIRST_MS = 500;
  // A floor of pages must not come back in one moment, and one that restarted must be live again within ten seconds.
  const RETRY_MOST_MS = 8_000;
  const ENDED = 4403;
  const SIGNED_OUT = "You are signed out. Sign in again to see this.";

  const shell = window.midshift;
  const regions = new Map(); // key -> {name, params, element, html, applying, isHeld, hasFailed}
  let socket = null;
  let lastSeq = 0;
  let signAt = performance.now(); // when the server last showed that it is there
  let figuresAt = Number(document.querySelector('meta[name="midshift-now"]')?.content || 0) * 1000 || Date.now();
  let tries = 0;
  let retryTimer = null;
  let pollTimer = null;
  let isOver = false; // signed out: nothing more is asked for

  // --- which regions there are ----------------------------------------------------------------------------------------
  function keyOf(name, params) {
    const sorted = Object.keys(params).sort();
    return JSON.stringify([name, sorted.map((one) => [one, params[one]])]);
  }

  function paramsOf(element) {
    try {
      return JSON.parse(element.dataset.params || "{}");
    } catch {
      console.error("The params of a live region are no JSON.", element.id, element.dataset.params);
      return {};
    }
  }

  // Returns whether the set of regions is another one than before.
  function collect() {
    const seen = new Set();
    let isChanged = false;
    for (const element of document.querySelectorAll("[data-region]")) {
      const name = element.dataset.region;
      const params = paramsOf(element);
      const key = keyOf(name, params);
      if (seen.has(key)) continue;
      seen.add(key);
      const known = regions.get(key);
      if (known) known.element = element;
      else {
        regions.set(key, { name, params, element, html: null, origin: null, applying: null, isHeld: false, hasFailed: false });
        isChanged = true;
      }
    }
    for (const key of [...regions.keys()]) {
      if (!seen.has(key)) {
        regions.delete(key);
        isChanged = true;
      }
    }
    return isChanged;
  }

  function watch() {
    if (socket?.readyState !== WebSocket.OPEN) return;
    const list = [...regions.values()].map(({ name, params }) => ({ region: name, params }));
    socket.send(JSON.stringify({ watch: list }));
  }

  // --- freshness --------------------------------------------------------------------------------------------------------
  const isConnected = () => socket?.readyState === WebSocket.OPEN;
  const isConnecting = () => socket?.readyState === WebSocket.CONNECTING && tries === 0;

  function signOfLife(at) {
    signAt = performance.now();
    if (at > figuresAt) figuresAt = at;
  }

  function showFreshness() {
    const silence = performance.now() - signAt;
    const isUp = isConnected() || isConnecting();
    let state = "live";
    if (!isUp || silence > BEAT_LOST_MS) state = "lost";
    else if (silence > BEAT_LATE_MS || [...regions.values()].some((one) => one.hasFailed)) state = "late";
    shell.setFreshness(state, figuresAt);
    if (state === "lost") {
      const word = isOver ? "Signed out" : document.hidden ? "Not connected" : "Not connected, polling";
      for (const element of document.querySelectorAll("[data-freshness-word]")) {
        if (element.textContent !== word) element.textContent = word;
      }
    }
    // A connection that says nothing for so long is dead, whatever the browser believes.
    if (isConnected() && silence > BEAT_LOST_MS) socket.close();
  }

  // --- new content in its place -----------------------------------------------------------------------------------------
  function isInUse(element) {
    if (element.matches(":hover")) return true;
    const focused = document.activeElement;
    if (focused && focused !== element && element.contains(focused)) return true;
    const selection = document.getSelection();
    return Boolean(selection && !selection.isCollapsed && selection.anchorNode && element.contains(selection.anchorNode));
  }

  const all = (selector, within) => [...within.querySelectorAll(selector)];
  const isTyped = (field) =>
    field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;

  // What a person typed is not in the server's HTML. The new content is made to agree with the page about such a field, so
  // that the morph finds nothing to change in it.
  function keepTyped(element, next) {
    for (const field of all("input, textarea", element)) {
      if (!isTyped(field)) continue;
      const named = field.name && `${field.localName}[name="${CSS.escape(field.name)}"]`;
      const twin = field.id ? next.querySelector(`#${CSS.escape(field.id)}`) : named && next.querySelector(named);
      if (!twin) continue;
      if (twin.localName === "textarea") twin.textContent = field.defaultValue;
      else
        for (const name of ["value", "checked"]) {
          if (field.hasAttribute(name)) twin.setAttribute(name, field.getAttribute(name));
          else twin.removeAttribute(name);
        }
    }
    for (const marked of all(".is-highlighted[id]", element)) {
      next.querySelector(`#${CSS.escape(marked.id)}`)?.classList.add("is-highlighted");
    }
  }

  // Clocks go on from where they stand instead of jumping back to what they showed when the part was rendered.
  function tickAhead(next) {
    for (const clock of all("[data-since]", next)) {
      clock.textContent = shell.durationText((shell.serverTime() - Number(clock.dataset.since)) / 1000);
    }
  }

  // Puts the rows of the new content into the order they have in the page now; new rows come last. Returns whether the
  // order was held back.
  function holdOrder(element, next) {
    const places = new Map(all("[data-row][id]", element).map((row, index) => [row.id, index]));
    const lists = new Set(all("[data-row][id]", next).map((row) => row.parentNode));
    let isHeld = false;
    for (const list of lists) {
      const rows = [...list.children].filter((row) => row.matches("[data-row][id]"));
      const place = (row) => places.get(row.id) ?? Infinity;
      const held = rows.map((row, index) => ({ row, index })).sort((a, b) => {
        const difference = place(a.row) - place(b.row);
        return Number.isNaN(difference) || difference === 0 ? a.index - b.index : difference;
      });
      if (held.every(({ index }, position) => index === position)) continue;
      isHeld = true;
      const marks = rows.map((row) => {
        const mark = document.createComment("");
        row.replaceWith(mark);
        return mark;
      });
      held.forEach(({ row }, position) => marks[position].replaceWith(row));
    }
    return isHeld;
  }

  // Boxes that stand at their end (a transcript) stay at their end when something is added.
  const atEnd = (element) =>
    [element, ...all("[data-stick]", element)].filter(
      (box) => "stick" in box.dataset && box.scrollHeight - box.clientHeight - box.scrollTop < 8,
    );

  // A line in the part's head, or under a part without one; gone with the next content from the server, which knows nothing
  // of it.
  function remark(element, text) {
    const place = element.querySelector(":scope > .c-panel__head") || element;
    let line = place.querySelector(":scope > [data-live-remark]");
    if (!line) {
      line = document.createElement("p");
      line.className = "c-as-of";
      line.dataset.liveRemark = "";
      line.setAttribute("role", "status");
      place.append(line);
    }
    if (line.textContent !== text) line.textContent = text;
  }

  async function renew(region, html) {
    const { element } = region;
    const template = document.createElement("template");
    template.innerHTML = html;
    const next = template.content.firstElementChild;
    if (!next) return;
    tickAhead(next);
    keepTyped(element, next);
    region.isHeld = isInUse(element) && holdOrder(element, next);
    const boxes = atEnd(element);
    region.element = (await shell.morph(element, next.outerHTML)) || element;
    for (const box of boxes) box.scrollTop = box.scrollHeight;
    if (region.isHeld) remark(region.element, "New order. It is shown when you move away.");
  }

  function afterPaint(work) {
    // A hidden tab paints nothing and runs no animation frame.
    if (document.hidden) setTimeout(work);
    else requestAnimationFrame(() => setTimeout(work));
  }

  // One morph at a time for each region, always of the newest content.
  function apply(region, html, origin) {
    region.html = html;
    region.origin = origin;
    region.hasFailed = false;
    region.applying ??= (async () => {
      try {
        let done = null;
        while (done !== region.html && region.element.isConnected) {
          done = region.html;
          await renew(region, done);
        }
      } finally {
        region.applying = null;
      }
      if (region.origin) afterPaint(() => tell(region, "midshift:frame", region.origin));
    })();
    return region.applying;
  }

  function tell(region, type, detail) {
    const { name, params, element } = region;
    element.dispatchEvent(new CustomEvent(type, { bubbles: true, detail: { region: name, params, ...detail } }));
  }

  // The pointer or the focus left: rows may take their places now.
  function settle() {
    for (const region of regions.values()) {
      if (region.isHeld && !isInUse(region.element)) apply(region, region.html, null);
    }
  }

  // What one may not see any more must not stay on the screen.
  function refuse(region, sentence) {
    const box = document.createElement("div");
    box.className = "c-empty";
    const title = document.createElement("h3");
    title.textContent = "You can’t see this";
    const text = document.createElement("p");
    text.textContent = sentence;
    box.append(title, text);
    region.html = null;
    region.isHeld = false;
    region.hasFailed = false;
    region.element.replaceChildren(box);
    tell(region, "midshift:gone", { sentence });
  }

  function signedOut() {
    isOver = true;
    clearTimeout(retryTimer);
    clearTimeout(pollTimer);
    socket?.close();
    for (const region of regions.values()) refuse(region, SIGNED_OUT);
    showFreshness();
  }

  // --- over HTTP: after a gap, for large parts, and while the socket is down ----------------------------------------------
  async function fetchRegion(region) {
    const query = new URLSearchParams(region.params).toString();
    let reply;
    try {
      reply = await fetch(`/live/regions/${encodeURIComponent(region.name)}${query && `?${query}`}`, {
        headers: { "HX-Request": "true" },
        cache: "no-store",
        signal: AbortSignal.timeout(POLL_MS),
      });
      const text = await reply.text();
      if (isOver || !region.element.isConnected) return;
      if (reply.status === 401) return void signedOut();
      if (reply.status === 403 || reply.status === 404) return void refuse(region, text);
      if (!reply.ok) return;
      const at = Number(reply.headers.get("X-Rendered-At")) || Date.now();
      if (at > figuresAt) figuresAt = at;
      await apply(region, text, { seq: null, ts: at });
    } catch (problem) {
      // No network or no server: the old figures stay, with their time, and the next poll tries again.
      if (problem.name !== "TypeError" && problem.name !== "TimeoutError" && problem.name !== "AbortError") throw problem;
    }
  }

  const fetchAll = () => Promise.all([...regions.values()].map(fetchRegion));

  function pollLater(milliseconds) {
    clearTimeout(pollTimer);
    pollTimer = setTimeout(poll, milliseconds);
  }
  async function poll() {
    if (isOver || isConnected()) return;
    if (!document.hidden) await fetchAll();
    showFreshness();
    if (!isOver && !isConnected()) pollLater(POLL_MS);
  }

  // --- the socket ---------------------------------------------------------------------------------------------------------
  function receive(frame) {
    if (frame.beat) {
      if (frame.seq !== lastSeq) fetchAll();
      lastSeq = frame.seq;
      shell.setServerTime(frame.ts);
      signOfLife(frame.ts);
      return;
    }
    const isGap = frame.seq !== lastSeq + 1;
    lastSeq = frame.seq;
    shell.setServerTime(frame.ts);
    signOfLife(frame.ts);
    tries = 0;
    if (isGap) fetchAll();
    if (!frame.region) {
      if (frame.error) console.error(frame.error);
      return;
    }
    const region = regions.get(keyOf(frame.region, frame.params));
    if (!region) return; // it left the page while the frame was on its way
    if (frame.refused) refuse(region, frame.refused);
    else if (frame.error) {
      region.hasFailed = true;
      region.element.classList.add("is-stale");
      remark(region.element, `${frame.error} Reference ${frame.reference}.`);
    } else if (frame.html === undefined) fetchRegion(region);
    else apply(region, frame.html, { seq: frame.seq, ts: frame.ts });
  }

  function connect() {
    clearTimeout(retryTimer);
    if (isOver || !regions.size || (socket && socket.readyState <= WebSocket.OPEN)) return;
    const address = new URL("/ws/live", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const mine = new WebSocket(address);
    socket = mine;
    mine.addEventListener("open", () => {
      lastSeq = 0;
      signOfLife(0);
      clearTimeout(pollTimer);
      collect();
      watch(); // every region is sent once as an answer, so whatever was missed is made good
      showFreshness();
    });
    mine.addEventListener("message", (event) => {
      receive(JSON.parse(event.data));
      showFreshness();
    });
    mine.addEventListener("close", (event) => {
      if (mine !== socket || isOver) return;
      tries += 1;
      const most = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** tries);
      // The session or the account ended: the answer over HTTP says which, before anything is tried again.
      const wait = event.code === ENDED ? RETRY_MOST_MS : most * (0.5 + Math.random() / 2);
      retryTimer = setTimeout(connect, wait);
      pollLater(event.code === ENDED ? 0 : 1_000 + Math.random() * 1_000);
      showFreshness();
    });
  }

  function tryNow() {
    if (isOver || isConnected()) return;
    connect();
    pollLater(0);
  }

  // --- start ----------------------------------------------------------------------------------------------------------------
  let collecting = null;
  function collectSoon() {
    collecting ??= setTimeout(() => {
      collecting = null;
      if (!collect()) return;
      if (isConnected()) watch();
      else connect();
    }, 50);
  }

  collect();
  connect();
  new MutationObserver(collectSoon).observe(document.body, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["data-region", "data-params"],
  });
  // "pointerout" and "focusout" fire before the new place is known.
  for (const type of ["pointerout", "focusout", "selectionchange"]) document.addEventListener(type, () => setTimeout(settle, 0));
  document.addEventListener("midshift:retry", tryNow);
  // What one did oneself is seen at once: the region one did it in is fetched, whatever the socket brings later.
  document.addEventListener("midshift:renew", (event) => {
    for (const region of regions.values()) if (region.element.contains(event.target)) fetchRegion(region);
  });
  document.addEventListener("visibilitychange", () => !document.hidden && tryNow());
  window.addEventListener("online", tryNow);
  // A page kept by the browser for "back" holds no socket; when it is shown again it starts as after a break.
  window.addEventListener("pagehide", () => socket?.close());
  window.addEventListener("pageshow", (event) => event.persisted && tryNow());
  setInterval(showFreshness, 1_000);
})();
