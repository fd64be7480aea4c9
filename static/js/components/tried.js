// A rule is tried on the past while it is written: 300 ms after the last change the form is sent to where it says, and the answer,
// rendered by the server, takes the place of the last one.
//   form[data-try="address"][data-try-into="id"]
(() => {
  for (const form of document.querySelectorAll("form[data-try]")) {
    const into = document.getElementById(form.dataset.tryInto);
    let timer = 0;
    let asked = 0;
    async function ask() {
      const mine = ++asked;
      into.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(form.dataset.try, { method: "POST", body: new FormData(form) });
        if (mine !== asked) return;
        if (answer.ok) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          into.replaceChildren(...page.body.childNodes);
        }
      } catch {
        // Not connected: the last answer stays, and saving tries it again in any case.
      }
      if (mine === asked) into.removeAttribute("aria-busy");
    }
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, 300);
    });
    if (!into.querySelector(".s-tried")) ask();
  }
})();
