// A placeholder whose value is open shows it in its own place, until its time is over. The text around it is the same for
// everybody in a role and is renewed over the socket, so the value is put in here, and again after each renewal.
(() => {
  const open = new Map(); // key of the placeholder -> {value, until (ms, 0 = as long as the page)}
  const now = () => window.midshift?.serverTime() ?? Date.now();

  function paint() {
    for (const chip of document.querySelectorAll("[data-unmask]")) {
      const found = open.get(chip.dataset.unmask);
      const isOpen = found && (!found.until || found.until > now());
      if (isOpen && !chip.hasAttribute("data-masked-as")) {
        chip.dataset.maskedAs = chip.textContent;
        chip.textContent = found.value;
        chip.classList.add("is-open");
        chip.title = `${chip.dataset.maskedAs}, open for you`;
      } else if (!isOpen && chip.hasAttribute("data-masked-as")) {
        chip.textContent = chip.dataset.maskedAs;
        delete chip.dataset.maskedAs;
        chip.classList.remove("is-open");
        chip.title = "Open this value";
      }
    }
  }

  function learn() {
    const told = document.querySelector("#unmask-one[data-opened]");
    const value = told?.querySelector("[data-value]")?.textContent;
    if (!value || open.get(told.dataset.opened)?.value === value) return;
    const until = Number(told.dataset.until || 0);
    open.set(told.dataset.opened, { value, until });
    if (until)
      setTimeout(() => {
        open.delete(told.dataset.opened);
        told.remove();
        paint();
      }, Math.max(0, until - now()));
  }

  new MutationObserver(() => {
    learn();
    paint();
  }).observe(document.body, { childList: true, subtree: true });
})();
