// From marks to a score, as apps/reviews/scoring.py says it: exact, in fractions of whole numbers. A test holds the two
// against each other over some hundred random forms.
//   midshift.score(form, answers)  form: {weighing, sections: [{weight, lines: [{key, steps, weight, fails, shownIf, shownAt}]}]};
//   answers: {key: step, or null where it does not apply}. Returns {score, raw: [numerator, denominator] or null, failed, asked: keys, left}.
//   midshift.wholeScore(fraction)  the whole number that is shown, halves rounded up.
(() => {
  const gcd = (a, b) => (b === 0n ? a : gcd(b, a % b));
  function fraction(numerator, denominator) {
    const shared = gcd(numerator, denominator) || 1n;
    return [numerator / shared, denominator / shared];
  }
  const add = (a, b) => fraction(a[0] * b[1] + b[0] * a[1], a[1] * b[1]);
  function mean(parts) {
    let sum = [0n, 1n];
    let whole = 0n;
    for (const [value, weight] of parts) {
      if (value === null) continue;
      sum = add(sum, [value[0] * BigInt(weight), value[1]]);
      whole += BigInt(weight);
    }
    return whole === 0n ? null : fraction(sum[0], sum[1] * whole);
  }
  const mark = (line, step) => fraction(BigInt((step - 1) * 100), BigInt(line.steps - 1));
  const isLow = (line, step) => 2 * (step - 1) < line.steps - 1;
  function asked(lines, answers) {
    const found = new Set();
    for (const line of lines) {
      if (!line.shownIf || (found.has(line.shownIf) && line.shownAt.includes(answers[line.shownIf]))) found.add(line.key);
    }
    return found;
  }
  function score(form, answers) {
    const lines = form.sections.flatMap((section) => section.lines);
    const visible = asked(lines, answers);
    const isMarked = (line) => visible.has(line.key) && typeof answers[line.key] === "number";
    const failed = lines.filter((line) => line.fails && isMarked(line) && isLow(line, answers[line.key]));
    const alike = form.weighing === "sections";
    const told = form.sections.map((section) => {
      const marked = section.lines.filter(isMarked);
      const raw = mean(marked.map((line) => [mark(line, answers[line.key]), alike ? 1 : line.weight]));
      const isDown = section.lines.some((line) => line.fails === "section" && failed.includes(line));
      const weight = alike ? section.weight : marked.reduce((sum, line) => sum + line.weight, 0);
      return { raw, score: isDown && raw !== null ? [0n, 1n] : raw, weight };
    });
    const raw = mean(told.map((one) => [one.raw, one.weight]));
    const isDown = failed.some((line) => line.fails === "review");
    return {
      score: isDown ? [0n, 1n] : mean(told.map((one) => [one.score, one.weight])),
      raw,
      failed: failed.map((line) => line.key),
      asked: [...visible],
      left: [...visible].filter((key) => !(key in answers)).length,
    };
  }
  const wholeScore = (value) => (value === null ? null : Number((2n * value[0] + value[1]) / (2n * value[1])));
  Object.assign(window.midshift, { score, wholeScore, isLowMark: isLow });
})();
