/** Median wall time of a call in milliseconds, after a warm-up, over at least `seconds` and 7 calls. */
export function medianMs(call, seconds) {
  for (let i = 0; i < 5; i++) call();
  const times = [];
  const start = performance.now();
  while (performance.now() - start < seconds * 1e3 || times.length < 7) {
    const before = performance.now();
    call();
    times.push(performance.now() - before);
  }
  return median(times);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
