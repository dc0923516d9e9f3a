// Scenarios of Node's clients: `node client.js SCENARIO PORT [..]` does one and prints, as JSON, what came of it.
'use strict';

const http = require('node:http');
const http2 = require('node:http2');

const host = '127.0.0.1';

/// Sends one request, its body in the given pieces, and resolves with what came back.
function exchange(options, pieces = []) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, ...options });
    const seen = { interim: [] };
    request.on('error', reject);
    request.on('continue', () => seen.interim.push(100));
    request.on('response', (response) => {
      response.on('error', reject);
      text(response).then((body) => resolve({
        ...seen,
        version: response.httpVersion,
        status: response.statusCode,
        headers: withoutDate(response.headers),
        body,
        reused: request.reusedSocket,
      }), reject);
    });
    for (const piece of pieces) request.write(piece);
    request.end();
  });
}

async function text(stream) {
  stream.setEncoding('utf8');
  let all = '';
  for await (const piece of stream) all += piece;
  return all;
}

function withoutDate({ date, ...headers }) {
  return { ...headers, dated: !Number.isNaN(Date.parse(date)) };
}

const scenarios = {
  // Three requests, one after the other, with an agent that keeps its connection.
  async keep_alive(port) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const results = [];
    results.push(await exchange({ port, agent }));
    results.push(await exchange({ port, agent, method: 'POST', headers: { 'content-length': 5 } }, ['hello']));
    results.push(await exchange({ port, agent, method: 'HEAD' }));
    agent.destroy();
    return results;
  },

  // Node frames a body whose length it was not told in chunks.
  chunked(port) {
    const options = { port, path: '/shout', method: 'POST', agent: false };
    return exchange(options, ['one, ', 'two, ', 'three']);
  },

  // The body waits for the 100, which is why a missing one would hang.
  expect(port) {
    return new Promise((resolve, reject) => {
      const headers = { expect: '100-continue', 'content-length': 5 };
      const request = http.request({ host, port, method: 'POST', headers, agent: false });
      let continued = 0;
      request.on('error', reject);
      request.on('continue', () => {
        continued += 1;
        request.end('hello');
      });
      request.on('response', (response) => {
        text(response).then((body) => resolve({ status: response.statusCode, continued, body }), reject);
      });
      request.flushHeaders();
    });
  },

  // To another protocol, in which two lines are exchanged.
  upgrade(port) {
    return new Promise((resolve, reject) => {
      const headers = { connection: 'upgrade', upgrade: 'shout' };
      const request = http.request({ host, port, headers, agent: false });
      request.on('error', reject);
      request.on('response', (response) => reject(new Error(`${response.statusCode}`)));
      request.on('upgrade', (response, socket, head) => {
        socket.unshift(head);
        socket.on('error', reject);
        text(socket).then((said) => resolve({
          status: response.statusCode,
          headers: withoutDate(response.headers),
          said,
        }), reject);
        socket.write('hello\n');
        socket.end('is anybody there?\n');
      });
      request.end();
    });
  },

  // To a protocol that the server does not know.
  refused_upgrade(port) {
    return exchange({ port, headers: { connection: 'upgrade', upgrade: 'whisper' }, agent: false });
  },

  // Through a proxy's tunnel to a server, for two requests on it.
  connect(port, target) {
    return new Promise((resolve, reject) => {
      const request = http.request({ host, port, method: 'CONNECT', path: `${host}:${target}`, agent: false });
      request.on('error', reject);
      request.on('response', (response) => reject(new Error(`${response.statusCode}`)));
      request.on('connect', (response, socket) => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        agent.createConnection = () => socket;
        const both = async () => {
          const first = await exchange({ agent, port: target });
          const second = await exchange({ agent, port: target, path: '/shout', method: 'POST' }, ['hello']);
          agent.destroy();
          return { status: response.statusCode, first, second };
        };
        both().then(resolve, reject);
      });
      request.end();
    });
  },

  // Two requests at once on one connection of HTTP/2.
  http2(port) {
    return new Promise((resolve, reject) => {
      const session = http2.connect(`http://${host}:${port}`);
      session.on('error', reject);
      const get = () => new Promise((done, failed) => {
        const stream = session.request({ ':path': '/' });
        stream.on('error', failed);
        stream.on('response', (headers) => {
          text(stream).then((body) => done({ status: headers[':status'], body }), failed);
        });
      });
      Promise.all([get(), get()]).then((answers) => {
        session.close();
        resolve(answers);
      }, reject);
    });
  },
};

const [scenario, ...ports] = process.argv.slice(2);
scenarios[scenario](...ports.map(Number)).then(
  (result) => console.log(JSON.stringify(result)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
