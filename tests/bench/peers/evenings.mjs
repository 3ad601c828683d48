// The work of tests/bench/peers around a parser: `read(text, start, end)` returns its busy times as [start, end] in seconds.

import { readFileSync } from "node:fs";

const SHORTEST = 3600;

export function run(read) {
  const [first, second, from, to, evenings] = process.argv.slice(2);
  const [start, end] = [Number(from), Number(to)];
  const begun = process.cpuUsage();
  const found = [first, second].flatMap((file) => read(readFileSync(file, "utf8"), start, end));
  const clipped = found.filter(([a, b]) => a < end && start < b).map(([a, b]) => [Math.max(a, start), Math.min(b, end)]);
  const busy = merge(clipped);
  const gaps = evenings.split(",").flatMap((text) => gapsIn(text.split("-").map(Number), busy));
  const taken = process.cpuUsage(begun);
  console.log(JSON.stringify({ cpu_s: (taken.user + taken.system) / 1e6, busy, gaps }));
}

function merge(times) {
  const merged = [];
  for (const [start, end] of times.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

function gapsIn([from, last], busy) {
  const gaps = [];
  let start = from;
  for (const [first, end] of [...busy, [last, last]]) {
    if (end <= start) continue;
    const stop = Math.min(first, last);
    if (stop - start >= SHORTEST) gaps.push([start, stop]);
    if (first >= last) break;
    start = Math.max(start, end);
  }
  return gaps;
}
