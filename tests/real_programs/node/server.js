// A server of Node's: `node server.js` says where it listens, and serves until it is killed.
'use strict';

const http = require('node:http');

let connections = 0;

const answers = {
  // What it was sent.
  '/seen'(request, response, body) {
    const { method, url, httpVersion, headers, trailers } = request;
    const seen = JSON.stringify({ method, url, httpVersion, headers, trailers, body, connection: request.socket.number });
    response.setHeader('content-type', 'application/json');
    response.setHeader('content-length', Buffer.byteLength(seen));
    response.end(seen);
  },

  '/chunked'(request, response) {
    response.write('one, ');
    response.write('two, ');
    response.end('three\n');
  },

  '/trailers'(request, response) {
    response.setHeader('trailer', 'x-checksum');
    response.write('a body with more behind it\n');
    response.addTrailers({ 'x-checksum': 'c0ffee' });
    response.end();
  },

  '/interim'(request, response) {
    response.writeProcessing();
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.setHeader('content-length', 6);
    response.end('final\n');
  },

  '/empty'(request, response) {
    response.writeHead(204);
    response.end();
  },

  '/close'(request, response) {
    response.setHeader('connection', 'close');
    response.end('the last one\n');
  },

  // The answer to a question of `client_json`, in pieces.
  '/count'(request, response, body) {
    const words = JSON.parse(body).text.split(' ');
    response.setHeader('content-type', 'application/json');
    response.write(`{"words": ${words.length}, `);
    response.end(`"longest": "${words.reduce((a, b) => (b.length > a.length ? b : a))}"}`);
  },

  '/broken'(request, response) {
    response.writeHead(500);
    response.end('{}');
  },
};

const server = http.createServer((request, response) => {
  request.setEncoding('utf8');
  let body = '';
  request.on('data', (piece) => { body += piece; });
  request.on('end', () => {
    const answer = answers[new URL(request.url, 'http://host').pathname];
    if (answer) {
      answer(request, response, body);
    } else {
      response.writeHead(404);
      response.end();
    }
  });
});
server.on('connection', (socket) => {
  connections += 1;
  socket.number = connections;
});
server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}/`));
