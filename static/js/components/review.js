// The scoring form: marks by key, a live score, a draft that is kept while one works and in the browser while nothing answers.
//   [data-review]          the form; data-form (see scoring.js), data-messages (keys of messages, in order), data-submit-href
//   [data-line="key"]      one line; [data-line-link], [data-quote], [data-evidence-links], [data-evidence-field], [data-causes],
//                         [data-suggestion] in it
//   1–5, P F, N            mark the line one is at; J K: next, previous line; [ ]: messages (shell.js); Q: the message shows this line
//   Ctrl Enter             submit and open the next
// A save posts the whole form with the revision it is based on and a key of its own: a save whose answer was lost is sent again
// with the same key and changes nothing twice. Until it is answered the form lies in this browser's storage.
(() => {
  const form = document.querySelector("[data-review]");
  if (!form) return;
  const one = (selector, within = form) => within.querySelector(selector);
  const all = (selector, within = form) => [...within.querySelectorAll(selector)];
  const { score, wholeScore, isLowMark } = window.midshift;
  const spec = JSON.parse(form.dataset.form);
  const messages = JSON.parse(form.dataset.messages);
  const lines = all("[data-line]");
  const specOf = new Map(spec.sections.flatMap((section) => section.lines).map((line) => [line.key, line]));
  const shelf = `midshift-draft-${form.dataset.review}`;
  const SAVE_AFTER = 500;
  const TRY_AGAIN = 4000;
  const IDLE = 60_000;
  const TYPING = "input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable]";
  const storage = (work) => {
    try {
      return work(localStorage);
    } catch {
      return null; // Storage is blocked: the draft is safe only once it is saved.
    }
  };

  // --- time spent: while the page is looked at and hands move --------------------------------------------------------
  let activeSeconds = 0;
  let movedAt = Date.now();
  for (const sign of ["keydown", "pointerdown", "pointermove", "scroll"]) {
    document.addEventListener(sign, () => (movedAt = Date.now()), { passive: true, capture: true });
  }
  setInterval(() => {
    if (document.visibilityState === "visible" && Date.now() - movedAt < IDLE) activeSeconds += 1;
  }, 1000);

  // --- what is marked, and its score ---------------------------------------------------------------------------------
  function answers() {
    const found = {};
    for (const line of lines) {
      const chosen = one("input[type=radio]:checked", line);
      if (chosen) found[line.dataset.line] = chosen.value === "na" ? null : Number(chosen.value);
    }
    return found;
  }
  const evidenceField = (line) => one("[data-evidence-field] input", line);
  const evidence = (line) => evidenceField(line).value.split(/[\s,]+/).filter(Boolean);
  const isLow = (line) => {
    const chosen = one("input[type=radio]:checked", line);
    return Boolean(chosen) && chosen.value !== "na" && isLowMark(specOf.get(line.dataset.line), Number(chosen.value));
  };
  const lacks = (line) => isLow(line) && (!evidence(line).length || (one("[data-causes]", line) && !one("[data-causes] :checked", line)));
  function show() {
    const told = score(spec, answers());
    const asked = new Set(told.asked);
    for (const line of lines) {
      line.hidden = !asked.has(line.dataset.line);
      line.classList.toggle("is-low", isLow(line));
    }
    const whole = wholeScore(told.score);
    one("[data-score]").textContent = whole === null ? "–" : String(whole);
    const open = lines.filter((line) => !line.hidden && lacks(line)).length;
    const parts = [];
    if (told.failed.length) parts.push(`failed, else ${wholeScore(told.raw) ?? "–"}`);
    if (told.left) parts.push(`${told.left} to mark`);
    else if (open) parts.push(`${open} without ${open > 1 ? "reasons" : "reason"}`);
    else parts.push("ready to submit");
    one("[data-left]").textContent = parts.join(", ");
    one("[data-submit]").disabled = told.left > 0 || open > 0;
  }
  function showEvidence() {
    for (const old of document.querySelectorAll("[data-cites]")) old.remove();
    const cites = new Map();
    for (const line of lines) {
      const place = one("[data-evidence-links]", line);
      place.replaceChildren();
      const number = one("[data-line-link]", line).textContent;
      for (const key of evidence(line)) {
        const at = messages.indexOf(key) + 1;
        if (!at) continue;
        const link = document.createElement("a");
        link.href = `#m${at}`;
        link.textContent = `message ${at}`;
        place.append(link, " ");
        cites.set(at, [...(cites.get(at) || []), [number, line.id]]);
      }
    }
    for (const [at, found] of cites) {
      const end = document.querySelector(`#m${at} .c-message__end`);
      if (!end) continue;
      const group = document.createElement("span");
      group.dataset.cites = "";
      for (const [number, id] of found) {
        const link = document.createElement("a");
        link.className = "c-cite";
        link.href = `#${id}`;
        link.textContent = number;
        link.setAttribute("aria-label", `Shows line ${number}`);
        link.addEventListener("click", (event) => {
          event.preventDefault();
          goTo(document.getElementById(id));
        });
        group.append(link);
      }
      end.append(group);
    }
  }

  // --- the line one is at ----------------------------------------------------------------------------------------------
  let current = null;
  const open = () => lines.filter((line) => !line.hidden);
  function become(line) {
    current = line;
    // The page came with one marked: what was kept in this browser may say another.
    for (const other of lines) other.classList.toggle("is-current", other === line);
  }
  function goTo(line) {
    become(line);
    one("[data-line-link]", line).focus({ preventScroll: true });
    line.scrollIntoView({ block: "nearest" });
  }
  function step(by) {
    const list = open();
    const at = list.indexOf(current);
    goTo(list[Math.min(Math.max(at + by, 0), list.length - 1)]);
  }
  form.addEventListener("focusin", (event) => {
    const line = event.target.closest("[data-line]");
    if (line && line !== current) become(line);
  });
  function press(key) {
    const choice = one(`input[type=radio][data-key="${CSS.escape(key)}"]`, current);
    if (!choice) return false;
    choice.checked = true;
    changed();
    if (isLow(current)) one("[data-causes] input", current)?.focus();
    else if (open().indexOf(current) < open().length - 1) step(1);
    return true;
  }
  function quote(line) {
    const message = document.querySelector(".c-message.is-highlighted, .c-message:target");
    if (!message) return window.midshift.toast("Choose a message first: [ and ] walk them.");
    const key = messages[Number(message.id.slice(1)) - 1];
    const kept = evidence(line);
    evidenceField(line).value = (kept.includes(key) ? kept.filter((other) => other !== key) : [...kept, key]).join(" ");
    changed();
    return null;
  }

  // --- the draft -------------------------------------------------------------------------------------------------------
  const revision = one("[name=based_on]");
  const state = one("[data-save-state]");
  const time = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  let waiting = null; // {body, key}: the save that is to be answered
  let isChanged = false;
  let isStuck = false; // another window was faster: nothing is sent until the reviewer chooses
  let isLeaving = false;
  let timer = 0;
  function say(word, text) {
    state.hidden = false;
    state.dataset.saveState = word;
    state.textContent = text;
  }
  function body() {
    const told = new URLSearchParams(new FormData(form));
    told.delete("csrfmiddlewaretoken");
    return told;
  }
  function shelve() {
    storage((store) => store.setItem(shelf, JSON.stringify({ revision: revision.value, form: body().toString() })));
  }
  function changed() {
    show();
    showEvidence();
    isChanged = true;
    shelve();
    clearTimeout(timer);
    if (!isStuck) timer = setTimeout(save, SAVE_AFTER);
  }
  async function post(address, data) {
    const headers = { ...JSON.parse(document.body.getAttribute("hx-headers:inherited")), Accept: "application/json" };
    const answer = await fetch(address, { method: "POST", headers, body: data });
    const isJson = (answer.headers.get("Content-Type") || "").startsWith("application/json");
    return { status: answer.status, told: isJson ? await answer.json() : null };
  }
  function prepare() {
    if (!waiting) {
      const seconds = activeSeconds;
      activeSeconds = 0;
      const data = body();
      data.set("key", crypto.randomUUID ? crypto.randomUUID() : fallbackKey());
      data.set("active_seconds", String(seconds));
      waiting = { data, seconds };
      isChanged = false;
    }
    return waiting;
  }
  // Only secure pages have randomUUID; an address on the floor's own network may be none.
  function fallbackKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
  }
  // What a machine would mark comes with the answer to a save, of lines whose own mark is kept by then, and is not drawn before.
  function suggest(found) {
    for (const line of lines) {
      const place = one("[data-suggestion]", line);
      const html = found?.[line.dataset.line];
      if (!place || !html || place.dataset.suggestion === html) continue;
      place.dataset.suggestion = html;
      place.innerHTML = html; // our own template, masked like the page
    }
  }
  let saving = null;
  function save() {
    clearTimeout(timer);
    if (!saving) saving = send().finally(() => (saving = null));
    return saving;
  }
  async function send() {
    if (isStuck || isLeaving) return false;
    const sent = prepare();
    let answer;
    try {
      answer = await post(form.getAttribute("action"), sent.data);
    } catch {
      answer = { status: 0, told: null };
    }
    if (answer.status === 200 && answer.told) {
      waiting = null;
      revision.value = answer.told.revision;
      suggest(answer.told.suggestions);
      if (isChanged) {
        shelve();
        timer = setTimeout(save, SAVE_AFTER);
      } else {
        storage((store) => store.removeItem(shelf));
        say("saved", `Draft saved ${time(answer.told.saved_at)}`);
      }
      return true;
    }
    if (answer.status === 409 && answer.told) {
      conflict(answer.told);
      return false;
    }
    if (answer.status === 422 && answer.told) {
      activeSeconds += sent.seconds;
      waiting = null;
      mistakes(answer.told.mistakes);
      say("lost", "Not saved: see below");
      return false;
    }
    if (answer.status === 403 || answer.status === 404) {
      isStuck = true;
      say("lost", "Not saved: you are signed out, or this is no longer yours to score. What you marked is kept in this browser.");
      return false;
    }
    say("lost", "Not saved. Kept in this browser, and tried again.");
    timer = setTimeout(save, TRY_AGAIN);
    return false;
  }
  window.addEventListener("online", () => waiting && save());
  function mistakes(found) {
    const list = one("[data-mistakes]");
    list.hidden = found.length === 0;
    list.replaceChildren(
      ...found.map((text) => {
        const item = document.createElement("li");
        item.textContent = text;
        return item;
      }),
    );
  }

  // --- two windows -----------------------------------------------------------------------------------------------------
  let theirs = null;
  function conflict(told) {
    isStuck = true;
    theirs = told.revision;
    one("[data-conflict-text]").textContent = `This draft was saved in another window at ${time(told.saved_at)}. Which one holds?`;
    one("[data-conflict]").hidden = false;
    say("lost", "Not saved");
    one("[data-keep-mine]").focus();
  }
  one("[data-keep-mine]").addEventListener("click", () => {
    one("[data-conflict]").hidden = true;
    isStuck = false;
    waiting = null;
    revision.value = theirs;
    shelve();
    save();
  });
  one("[data-take-theirs]").addEventListener("click", () => {
    isLeaving = true;
    storage((store) => store.removeItem(shelf));
    location.reload();
  });

  // --- a draft that this browser kept ------------------------------------------------------------------------------------
  function fill(text) {
    const kept = new URLSearchParams(text);
    for (const field of form.elements) {
      if (!field.name || field.name === "csrfmiddlewaretoken" || field.name === "based_on") continue;
      if (field.type === "radio" || field.type === "checkbox") field.checked = kept.getAll(field.name).includes(field.value);
      else field.value = kept.get(field.name) ?? "";
    }
  }
  function restore() {
    const kept = storage((store) => JSON.parse(store.getItem(shelf) || "null"));
    if (!kept) return;
    const now = revision.value;
    fill(kept.form);
    isChanged = true;
    if (kept.revision === now) {
      timer = setTimeout(save, 0);
      return;
    }
    conflict({ revision: now, saved_at: Number(form.dataset.savedAt) * 1000 });
  }

  // --- submitting --------------------------------------------------------------------------------------------------------
  async function submit() {
    if (one("[data-submit]").disabled || isStuck || isLeaving) return;
    clearTimeout(timer);
    while (saving) await saving;
    mistakes([]);
    const sent = prepare();
    sent.data.set("based_on", revision.value);
    let answer;
    try {
      answer = await post(form.dataset.submitHref, sent.data);
    } catch {
      answer = { status: 0, told: null };
    }
    if (answer.status === 200 && answer.told) {
      isLeaving = true;
      storage((store) => store.removeItem(shelf));
      location.assign(answer.told.href);
    } else if (answer.status === 409 && answer.told) conflict(answer.told);
    else if (answer.status === 422 && answer.told) {
      waiting = null;
      revision.value = answer.told.revision;
      mistakes(answer.told.mistakes);
    } else {
      say("lost", "Not submitted. Kept in this browser; submit again once you are connected.");
      timer = setTimeout(save, TRY_AGAIN);
    }
  }
  form.addEventListener("submit", (event) => {
    if (event.submitter?.hasAttribute("data-submit")) {
      event.preventDefault();
      submit();
    } else if (event.submitter?.hasAttribute("data-save")) {
      event.preventDefault();
      isChanged = true;
      save();
    } else {
      isLeaving = true;
      storage((store) => store.removeItem(shelf));
    }
  });
  form.addEventListener("change", changed);
  form.addEventListener("input", (event) => event.target.matches("textarea, input:not([type=radio], [type=checkbox])") && changed());
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-quote]");
    if (button) quote(button.closest("[data-line]"));
    const link = event.target.closest("[data-line-link]");
    if (link) {
      event.preventDefault();
      goTo(link.closest("[data-line]"));
    }
  });

  // --- keys: before the frame's own, which walk rows with the same letters ------------------------------------------------
  const singleKeys = () => storage((store) => store.getItem("midshift-single-keys")) !== "off";
  let wentAt = 0;
  window.addEventListener(
    "keydown",
    (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
        event.preventDefault();
        submit();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING) || document.querySelector("dialog[open]")) return;
      if (!singleKeys()) return;
      const key = event.key.toUpperCase();
      const isGoing = Date.now() - wentAt < 1200;
      wentAt = key === "G" && !isGoing ? Date.now() : 0;
      if (isGoing || key === "G") return;
      let isDone = true;
      if (key === "J") step(1);
      else if (key === "K") step(-1);
      else if (key === "Q") quote(current);
      else isDone = key.length === 1 && press(key);
      if (isDone) {
        event.preventDefault();
        event.stopPropagation();
      }
    },
    { capture: true },
  );

  form.classList.add("is-scripted");
  restore();
  show();
  showEvidence();
  goTo(open().find((line) => !one("input[type=radio]:checked", line)) || open()[0]);
})();
