// Metrics: the few lines of GET /metrics that the page draws. Source: Prometheus text format 0.0.4.

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

function labelsOf(text) {
  const labels = {};
  for (const [, name, value] of (text ?? "").matchAll(LABEL)) labels[name] = value.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
  return labels;
}

// [{name, labels, value}] of the metrics in `wanted`; the rest is not taken apart.
export function parseMetrics(text, wanted) {
  const found = [];
  for (const line of text.split("\n")) {
    const brace = line.search(/[{ ]/);
    if (brace <= 0 || !wanted.has(line.slice(0, brace))) continue;
    const match = LINE.exec(line);
    if (match) found.push({name: match[1], labels: labelsOf(match[2]), value: Number(match[3].replace("Inf", "Infinity"))});
  }
  return found;
}

// Buckets as they are exported, each holding those below it, to what is in each: [{from, le, count}], without the
// empty ones at both ends.
export function apart(buckets) {
  const sorted = [...buckets].sort((a, b) => a.le - b.le);
  const each = sorted.map(({le, count}, n) => (
    {from: n ? sorted[n - 1].le : 0, le, count: count - (n ? sorted[n - 1].count : 0)}));
  const filled = each.flatMap((bucket, n) => (bucket.count > 0 ? [n] : []));
  return filled.length ? each.slice(filled[0], filled.at(-1) + 1) : [];
}
