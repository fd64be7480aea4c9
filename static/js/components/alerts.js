// Alerts: their buttons post and say what came of it, and keys do the same from anywhere on the page.
//   [data-do="address"]   posts there; data-minutes, data-until and data-outcome travel with it. A link follows where the answer leads.
//   Z                     takes back what was done last, while the toast offers it.
//   A E S                 do the suggested action of the alert one is on (or the first), take it on, put it aside.
(() => {
  const TYPING = "input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable]";
  const recall = () => {
    try {
      return localStorage.getItem("midshift-single-keys");
    } catch {
      return null;
    }
  };
  async function send(address, body) {
    const headers = { ...JSON.parse(document.body.getAttribute("hx-headers:inherited")), Accept: "application/json" };
    const answer = await fetch(address, { method: "POST", headers, body });
    if (!(answer.headers.get("Content-Type") || "").startsWith("application/json")) {
      return { text: answer.status === 403 ? "Your role does not include this." : "That did not work. Try again in a moment.", href: "" };
    }
    return answer.json();
  }
  const away = () => ({ text: "Not connected. Try again in a moment.", href: "" });
  function post(button) {
    const body = new URLSearchParams();
    for (const name of ["minutes", "until", "outcome"]) if (name in button.dataset) body.set(name, button.dataset[name]);
    return send(button.dataset.do, body);
  }
  const renew = (place) => place.dispatchEvent(new CustomEvent("midshift:renew", { bubbles: true }));
  async function takeBack(address, region) {
    const told = await send(address, new URLSearchParams()).catch(away);
    window.midshift.toast(told.text);
    renew(region.isConnected ? region : document.body);
  }
  async function act(button) {
    button.setAttribute("aria-busy", "true");
    const region = button.closest("[data-region]") || document.body;
    const told = await post(button).catch(away);
    button.removeAttribute("aria-busy");
    const menu = button.closest("details[data-menu]");
    if (menu) menu.open = false;
    if (told.href) {
      location.assign(told.href);
      return;
    }
    window.midshift.toast(told.text, { undo: told.undo ? () => takeBack(told.undo, region) : null });
    renew(button);
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (button.getAttribute("aria-busy") !== "true") act(button);
  });
  const current = () => document.activeElement?.closest("[data-alert]") || document.querySelector("[data-alert]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest(TYPING) || document.querySelector("dialog[open]") || recall() === "off") return;
    const button = current()?.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!button) return;
    event.preventDefault();
    if (button.matches("summary")) {
      const menu = button.closest("details");
      menu.open = !menu.open;
      (menu.open ? menu.querySelector("button") : button).focus();
    } else button.click();
  });
})();
