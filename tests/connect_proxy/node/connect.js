// Tunnels by Node's http2: `node connect.js SCENARIO PROXY-URL CA-FILE [..]` does one and prints, as JSON, what came of it.
'use strict';

const fs = require('node:fs');
const http2 = require('node:http2');
const tls = require('node:tls');

const [, , scenario, proxy, caFile, ...rest] = process.argv;
const ca = fs.readFileSync(caFile);

function connect(session, authority, headers = {}) {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'CONNECT', ':authority': authority, ...headers });
    stream.on('error', reject);
    stream.on('response', (answer) => resolve({ stream, status: answer[':status'], answer }));
  });
}

async function all(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const scenarios = {
  // Two tunnels of one session at once, with an echo at their ends.
  async echo(session, authority) {
    const tunnels = await Promise.all([connect(session, authority), connect(session, authority)]);
    return Promise.all(tunnels.map(async ({ stream, status }, index) => {
      stream.end(`tunnel ${index}`);
      return { status, text: await all(stream), rst: stream.rstCode };
    }));
  },

  // A page by TLS within a tunnel.
  async page(session, authority, path) {
    const { stream } = await connect(session, authority);
    const socket = tls.connect({ socket: stream, servername: 'localhost', ca });
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${authority}\r\nconnection: close\r\n\r\n`);
    const text = await all(socket);
    return { text, authorized: socket.authorized };
  },

  // A target that resets.
  async reset(session, authority) {
    const { stream } = await connect(session, authority);
    return new Promise((resolve) => {
      let text = '';
      stream.on('data', (piece) => {
        text += piece;
        stream.write('and?');
      });
      stream.on('error', ({ code }) => resolve({ text, code, rst: stream.rstCode }));
      stream.on('end', () => resolve({ text, code: 'none', rst: stream.rstCode }));
      stream.write('hello');
    });
  },

  // A refusal, with its body.
  async refused(session, authority) {
    const { stream, status, answer } = await connect(session, authority);
    return { status, proxyStatus: answer['proxy-status'], text: await all(stream) };
  },
};

const session = http2.connect(proxy, { ca });
session.on('error', (error) => {
  console.error(error);
  process.exit(1);
});
setTimeout(() => process.exit(2), 15000).unref();
scenarios[scenario](session, ...rest).then((result) => {
  console.log(JSON.stringify({ alpn: session.alpnProtocol, result }));
  session.close();
}, (error) => {
  console.error(error);
  process.exit(1);
});
