// Voice recordings. The address is asked for only when playing starts, and again when it has run out: it is signed and short-lived.
(() => {
  const clock = (seconds) => `${Math.trunc(seconds / 60)}:${String(Math.trunc(seconds % 60)).padStart(2, "0")}`;
  const players = new WeakMap();

  function fail(box, text) {
    box.classList.add("is-failed");
    box.classList.remove("is-playing");
    box.querySelector("[data-player-note]").textContent = text;
  }

  async function address(box) {
    const reply = await fetch(box.dataset.player, { headers: { Accept: "application/json" } });
    if (reply.status === 403) throw new Error("You may not listen to this recording. Ask for access.");
    if (!reply.ok) throw new Error("The recording did not load. Try again in a moment.");
    return (await reply.json()).url;
  }

  function audioOf(box) {
    if (players.has(box)) return players.get(box);
    const audio = new Audio();
    const range = box.querySelector("[type=range]");
    audio.preload = "none";
    audio.addEventListener("timeupdate", () => {
      range.value = String(Math.trunc(audio.currentTime));
      range.setAttribute("aria-valuetext", `${clock(audio.currentTime)} of ${clock(Number(range.max))}`);
      box.querySelector("[data-player-at]").textContent = clock(audio.currentTime);
    });
    audio.addEventListener("play", () => box.classList.add("is-playing"));
    audio.addEventListener("pause", () => box.classList.remove("is-playing"));
    audio.addEventListener("error", () => {
      audio.removeAttribute("src");
      fail(box, "The recording stopped. Press play to go on.");
    });
    players.set(box, audio);
    return audio;
  }

  async function toggle(box) {
    const audio = audioOf(box);
    const button = box.querySelector("[data-player-toggle]");
    if (!audio.paused) {
      audio.pause();
      button.setAttribute("aria-label", "Play the recording");
      return;
    }
    try {
      if (!audio.getAttribute("src")) {
        audio.src = await address(box);
        audio.currentTime = Number(box.querySelector("[type=range]").value);
      }
      await audio.play();
      box.classList.remove("is-failed");
      button.setAttribute("aria-label", "Pause the recording");
    } catch (problem) {
      fail(box, problem instanceof Error && problem.name === "Error" ? problem.message : "The recording cannot be played here.");
    }
  }

  document.addEventListener("click", (event) => {
    const box = event.target.closest("[data-player-toggle]")?.closest("[data-player]");
    if (box) toggle(box);
    const turn = event.target.closest("[data-play-from]");
    const first = turn && document.querySelector("[data-player]");
    if (first) {
      audioOf(first).currentTime = Number(turn.dataset.playFrom);
      first.querySelector("[type=range]").value = turn.dataset.playFrom;
      if (audioOf(first).paused) toggle(first);
    }
  });
  document.addEventListener("input", (event) => {
    const box = event.target.closest("[data-player] [type=range]")?.closest("[data-player]");
    if (box) audioOf(box).currentTime = Number(event.target.value);
  });
})();
