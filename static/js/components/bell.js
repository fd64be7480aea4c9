// A new critical alert is told once, also in a hidden tab: in the title, to screen readers, and, where this browser was told so, by
// a desktop notice and a sound (at most one a minute). What is chosen is kept in this browser.
//   [data-alert].is-crit            an open critical alert; its id is told once
//   input[data-preference="name"]   a switch on the page How I am told
(() => {
  const DESKTOP = "midshift-desktop", SOUND = "midshift-sound", TOLD = "midshift-told", RUNG = "midshift-rung";
  const EVERY = 60_000;
  const kept = (store, name) => {
    try {
      return store.getItem(name);
    } catch {
      return null;
    }
  };
  const keep = (store, name, value) => {
    try {
      store.setItem(name, value);
    } catch {
      // Without a store it is forgotten with the page.
    }
  };
  const told = new Set(JSON.parse(kept(sessionStorage, TOLD) || "[]"));
  const title = document.title;
  let unseen = 0;

  function ring() {
    const now = Date.now();
    if (kept(localStorage, SOUND) !== "on" || now - Number(kept(localStorage, RUNG) || 0) < EVERY) return;
    keep(localStorage, RUNG, String(now));
    const context = new AudioContext();
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = 660;
    volume.gain.setValueAtTime(0.12, context.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.6);
    tone.connect(volume).connect(context.destination);
    tone.start();
    tone.stop(context.currentTime + 0.6);
  }

  function tell(alert) {
    const text = alert.querySelector("h3")?.textContent.trim() || "An alert";
    const where = alert.querySelector(".c-alert__where b")?.textContent.trim() || "";
    window.midshift?.toast(where ? `Critical: ${text}, ${where}` : `Critical: ${text}`);
    if (document.hidden) {
      unseen += 1;
      document.title = `(${unseen}) ${title}`;
    }
    if (kept(localStorage, DESKTOP) === "on" && "Notification" in window && Notification.permission === "granted") {
      new Notification(text, { body: where, tag: alert.id });
    }
    ring();
  }

  function look(isFirst) {
    for (const alert of document.querySelectorAll("[data-alert].is-crit:not(.is-quiet)")) {
      if (told.has(alert.id)) continue;
      told.add(alert.id);
      if (!isFirst) tell(alert);
    }
    keep(sessionStorage, TOLD, JSON.stringify([...told].slice(-200)));
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    unseen = 0;
    document.title = title;
  });

  const parts = [...document.querySelectorAll("[data-alert]")].length || document.querySelector(".c-alerts") ? document.querySelector("main") : null;
  if (parts) {
    look(true);
    new MutationObserver(() => look(false)).observe(parts, { childList: true, subtree: true, attributeFilter: ["class"] });
  }

  for (const input of document.querySelectorAll("input[data-preference]")) {
    const name = input.dataset.preference;
    const note = document.getElementById(`${input.id}-note`);
    input.disabled = false;
    input.checked = kept(localStorage, name) === "on" && (name !== DESKTOP || Notification.permission === "granted");
    input.addEventListener("change", async () => {
      let isOn = input.checked;
      if (isOn && name === DESKTOP) {
        isOn = "Notification" in window && (await Notification.requestPermission()) === "granted";
        input.checked = isOn;
        if (!isOn && note) note.textContent = "This browser does not allow it. Allow notifications for this address in its settings, then switch it on again.";
      }
      keep(localStorage, name, isOn ? "on" : "off");
      if (isOn && name === SOUND) {
        keep(localStorage, RUNG, "0");
        ring();
      }
    });
  }
})();
