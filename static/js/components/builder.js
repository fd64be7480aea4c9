// The builder of rubrics: tells while one types what the weights add up to.
//   [data-builder]  the form; [data-weighing] what carries the weights; [data-line-weight], [data-section-weight]; [data-total] the sum
(() => {
  const form = document.querySelector("[data-builder]");
  if (!form) return;
  const total = form.querySelector("[data-total]");
  function add() {
    const bySection = form.querySelector("[data-weighing]").value === "sections";
    const fields = form.querySelectorAll(bySection ? "[data-section-weight]" : "[data-line-weight]");
    const sum = [...fields].reduce((whole, field) => whole + (Number.parseInt(field.value, 10) || 0), 0);
    total.textContent = String(sum);
    total.classList.toggle("is-wrong", sum !== 100);
  }
  form.addEventListener("input", add);
  add();
})();
