// A table that is walked cell by cell: one cell is in the order of Tab, and keys move it.
//   table[data-grid]                 rows with data-about lead Enter to [data-grid-about] (a select) and [data-grid-words] (a text)
//   ← → ↑ ↓ Home End                 inside the table: a column, a line, the first and the last column
//   J K                              from anywhere on the page: the next, the previous line
(() => {
  const TYPING = "input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable]";
  const table = document.querySelector("table[data-grid]");
  if (!table) return;
  const lines = [...table.tBodies[0].rows].map((row) => [...row.cells]);
  const heads = [...table.tHead.rows[0].cells];
  table.setAttribute("role", "grid");
  let line = -1;
  let column = 0;
  for (const cell of lines.flat()) cell.tabIndex = -1;
  if (lines.length) lines[0][0].tabIndex = 0;

  const within = (value, list) => Math.min(Math.max(value, 0), list.length - 1);
  function go(toLine, toColumn) {
    for (const cell of table.querySelectorAll("[tabindex='0']")) cell.tabIndex = -1;
    line = within(toLine, lines);
    column = within(toColumn, lines[line]);
    const cell = lines[line][column];
    cell.tabIndex = 0;
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  // Whatever focuses a cell, a key or the pointer, its line and its column are marked.
  table.addEventListener("focusin", (event) => {
    const at = lines.findIndex((cells) => cells.includes(event.target));
    if (at < 0) return;
    line = at;
    column = lines[at].indexOf(event.target);
    heads.forEach((head, n) => head.classList.toggle("is-current", n === column));
    lines.forEach((cells, n) => cells[0].parentNode.classList.toggle("is-current", n === line));
  });
  table.addEventListener("focusout", () => {
    for (const marked of table.querySelectorAll(".is-current")) marked.classList.remove("is-current");
  });

  const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  function inside(event) {
    const move = MOVES[event.key];
    if (move) go(line + move[0], column + move[1]);
    else if (event.key === "Home") go(line, 0);
    else if (event.key === "End") go(line, lines[line].length - 1);
    else if (event.key === "Enter") return write(lines[line][0].parentNode.dataset.about);
    else return false;
    return true;
  }
  function write(about) {
    const field = document.querySelector("[data-grid-about]");
    if (!about || !field) return false;
    field.value = about;
    document.querySelector("[data-grid-words]").focus();
    return true;
  }
  const hasSingleKeys = () => {
    try {
      return localStorage.getItem("midshift-single-keys") !== "off";
    } catch {
      return true;
    }
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !lines.length) return;
    if (event.target.closest(TYPING) || document.querySelector("dialog[open]")) return;
    const isIn = event.target.closest("[data-grid] :is(td, th)");
    if (isIn && inside(event)) event.preventDefault();
    else if (hasSingleKeys() && event.key === "j") go(line + 1, column);
    else if (hasSingleKeys() && event.key === "k") go(line < 0 ? lines.length - 1 : line - 1, column);
  });
})();
