// Draws a chart (uPlot) from the rows of the table that stands below it, so that both always say the same. The table is a live
// region; the chart is beside it, because a morph would take its canvas out. Drawn again when the rows, the theme or the width
// change. Scripts off: the table is there.
(() => {
  const HEIGHT = 200;
  // Steps of time that people count in, in seconds.
  const ROUND = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
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
    probe.remove();
    return found;
  }

  function read(source) {
    const table = document.getElementById(source)?.querySelector("table");
    if (!table) return null;
    const steps = [...table.querySelectorAll("[data-step]")];
    return {
      labels: steps.map((step) => step.dataset.step),
      waiting: steps.map((step) => Number(step.dataset.waiting)),
      reply: steps.map((step) => (step.dataset.reply === "" ? null : Number(step.dataset.reply))),
      target: table.dataset.target ? Number(table.dataset.target) : null,
    };
  }

  const top = (values, least, room) => Math.max(least, ...values.map((value) => (value ?? 0) * room));
  const seconds = window.midshift.durationText;

  function options(box, told, tint) {
    const axis = { stroke: tint["text-3"], grid: { stroke: tint.line, width: 1 }, ticks: { show: false }, font: "11px Plex Sans" };
    const whole = top(told.reply, (told.target ?? 60) * 1.4, 1.1);
    return {
      width: box.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [-0.5, told.labels.length - 0.5] }, y: { range: [0, whole] }, n: { range: [0, top(told.waiting, 4, 1.3)] } },
      axes: [
        { ...axis, size: 28, grid: { show: false }, values: (_, splits) => splits.map((at) => told.labels[at] ?? "") },
        { ...axis, size: 56, incrs: ROUND, values: (_, splits) => splits.map(seconds) },
        { ...axis, scale: "n", side: 1, size: 40, grid: { show: false }, values: (_, splits) => splits.map((n) => (Number.isInteger(n) ? n : "")) },
      ],
      series: [
        {},
        { scale: "n", fill: tint.line, stroke: tint.line, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.55] }) },
        { stroke: tint["text-2"], width: 2, spanGaps: true, points: { show: true, size: 5, fill: tint["text-2"] } },
      ],
      hooks: { draw: [(chart) => told.target && rule(chart, told.target, tint["warn-mark"])] },
    };
  }

  function rule(chart, value, stroke) {
    const y = chart.valToPos(value, "y", true);
    const { ctx, bbox } = chart;
    ctx.save();
    ctx.strokeStyle = stroke;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }

  function draw(box) {
    const told = read(box.dataset.trend);
    box.hidden = !told;
    if (!told || !box.clientWidth) return;
    const tint = colours(box);
    const key = JSON.stringify([told, tint, box.clientWidth]);
    const before = drawn.get(box);
    if (before?.key === key) return;
    before?.chart.destroy();
    const chart = new uPlot(options(box, told, tint), [told.labels.map((_, n) => n), told.waiting, told.reply], box);
    drawn.set(box, { chart, key });
  }

  const boxes = [...document.querySelectorAll("[data-trend]")];
  const drawAll = () => boxes.forEach(draw);
  document.fonts.ready.then(drawAll);
  document.addEventListener("midshift:frame", (event) => boxes.filter((box) => box.dataset.trend === event.target.id).forEach(draw));
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme", "data-density"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  window.addEventListener("resize", drawAll);
})();
