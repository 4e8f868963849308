/** Takes OTLP over HTTP and counts root spans and spans; prints its port, and at SIGTERM the counts as JSON. */
import { createServer } from 'node:http';
import { decodeTraces } from '../../dist/formats/otlp/read-proto.js';

let [spans, calls] = [0, 0];
const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const traces = decodeTraces('request', Buffer.concat(chunks));
    for (const span of (traces?.resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans).flatMap((scope) => scope.spans)) {
      spans++;
      if (span.parentSpanId === undefined) calls++;
    }
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
});
server.listen(0, '127.0.0.1', () => console.log(/** @type {import('node:net').AddressInfo} */ (server.address()).port));
process.once('SIGTERM', () => {
  console.log(JSON.stringify({ spans, calls }));
  process.exit(0);
});
