// Draws what came, what is usual and what is forecast (uPlot) from the rows of the table below. The table is a live
// region; the chart is beside it, because a morph would take its canvas out. Drawn again when the rows, the theme or the width
// change. Scripts off: the table is there.
(() => {
  const HEIGHT = 200;
  const drawn = new WeakMap(); // box -> {chart, key}

  // A colour token may be light-dark(): asking a real element resolves it.
  function colours(box) {
    const probe = document.createElement("i");
    box.append(probe);
    const found = {};
    for (const name of ["text-3", "line", "line-strong", "text-2", "warn-mark"]) {
      probe.style.color = `var(--${name})`;
      found[name] = getComputedStyle(probe).color;
    }
    probe.style.color = "color-mix(in srgb, var(--line-strong) 35%, transparent)";
    found.band = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  const given = (text) => (text === "" ? null : Number(text));

  function read(source) {
    const table = document.getElementById(source)?.querySelector("table");
    if (!table) return null;
    const steps = [...table.querySelectorAll("[data-step]")];
    const column = (name) => steps.map((step) => given(step.dataset[name]));
    return {
      labels: steps.map((step) => step.dataset.step),
      arrived: column("arrived"),
      usual: column("usual"),
      expected: column("expected"),
      low: column("low"),
      high: column("high"),
    };
  }

  const top = (...columns) => Math.max(4, ...columns.flat().map((value) => (value ?? 0) * 1.1));

  function options(box, told, tint) {
    const axis = { stroke: tint["text-3"], grid: { stroke: tint.line, width: 1 }, ticks: { show: false }, font: "11px Plex Sans" };
    const whole = top(told.arrived, told.usual, told.expected, told.high);
    return {
      width: box.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [-0.5, told.labels.length - 0.5] }, y: { range: [0, whole] } },
      axes: [
        { ...axis, size: 28, grid: { show: false }, values: (_, splits) => splits.map((at) => told.labels[at] ?? "") },
        { ...axis, size: 48 },
      ],
      series: [
        {},
        { fill: tint.line, stroke: tint.line, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.55] }) },
        { stroke: tint["warn-mark"], width: 1.5, dash: [5, 4], points: { show: false } },
        { stroke: tint["text-2"], width: 2, points: { show: true, size: 5, fill: tint["text-2"] } },
        { stroke: tint["line-strong"], width: 1, points: { show: false } },
        { stroke: tint["line-strong"], width: 1, points: { show: false } },
      ],
      bands: [{ series: [5, 4], fill: tint.band }],
    };
  }

  function draw(box) {
    const told = read(box.dataset.forecast);
    box.hidden = !told;
    if (!told || !box.clientWidth) return;
    const tint = colours(box);
    const key = JSON.stringify([told, tint, box.clientWidth]);
    const before = drawn.get(box);
    if (before?.key === key) return;
    before?.chart.destroy();
    const chart = new uPlot(options(box, told, tint), [told.labels.map((_, n) => n), told.arrived, told.usual, told.expected, told.low, told.high], box);
    drawn.set(box, { chart, key });
  }

  const boxes = [...document.querySelectorAll("[data-forecast]")];
  const drawAll = () => boxes.forEach(draw);
  document.fonts.ready.then(drawAll);
  document.addEventListener("midshift:frame", (event) => boxes.filter((box) => box.dataset.forecast === event.target.id).forEach(draw));
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme", "data-density"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  window.addEventListener("resize", drawAll);
})();
