/** Bounded load on the service of this folder: `node load.mjs [requests] [at once] [port]`, loopback only. */
const [requests = 200, atOnce = 4, port = process.env.PORT ?? 8080] = process.argv.slice(2).map(Number);
const url = `http://127.0.0.1:${port}/score`;
const rows = Array.from({ length: 8 }, (_, row) => Array.from({ length: 16 }, (_, column) => (row + column) / 24));

let sent = 0;
let failed = 0;
async function client() {
  while (sent < requests) {
    sent++;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ rows }) });
    if (!response.ok) failed++;
    await response.arrayBuffer();
  }
}
await Promise.all(Array.from({ length: atOnce }, client));
console.log(`${sent} requests, ${failed} failed`);
