// A wallboard keeps itself: it asks for its board every few seconds, says when it could not, stays awake, and loads anew when
// another release is running or its link was revoked.
(() => {
  const EVERY = 5000;
  const LATE = 15000;
  const LOST = 30000;
  const { morph, setFreshness, setServerTime } = window.midshift;
  const address = `${location.pathname}?part`;
  let release = null;
  let goodAt = Date.now();
  let figuresFrom = window.midshift.serverTime();

  async function ask() {
    const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(EVERY * 2) });
    // The link is no more: the page that says so takes the wall's place.
    if (answer.status === 404) location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const running = answer.headers.get("X-Midshift-Release");
    if (release !== null && running !== release) location.reload();
    release = running;
    const html = await answer.text();
    figuresFrom = Number(answer.headers.get("X-Midshift-Now"));
    setServerTime(figuresFrom);
    await morph(document.getElementById("wall"), html);
    goodAt = Date.now();
  }

  function say() {
    const silence = Date.now() - goodAt;
    setFreshness(silence > LOST ? "lost" : silence > LATE ? "late" : "live", figuresFrom);
  }

  async function keepAsking() {
    try {
      await ask();
    } catch {
      // The next turn tries again; the bar says how old the figures are.
    }
    say();
    setTimeout(keepAsking, EVERY);
  }

  async function stayAwake() {
    if (document.visibilityState !== "visible") return;
    try {
      await navigator.wakeLock?.request("screen");
    } catch {
      // The browser or its settings forbid it: the screen follows its own.
    }
  }

  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();
  setInterval(say, 1000);
  keepAsking();
})();
