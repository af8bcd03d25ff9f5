// A small HTTP server that speaks JSON. "/" says that it is there.
import http from "node:http";

/** `handle(request, body)` gives `{ status, body }`; what it throws is answered 500 and told to the log. */
export function serve(port, handle) {
  const server = http.createServer((request, response) => {
    answer(request, handle).then(
      ({ status, body }) => send(response, status, body),
      (error) => {
        console.error(error);
        send(response, 500, { error: String(error) });
      },
    );
  });
  server.listen(port, "127.0.0.1");
}

async function answer(request, handle) {
  if (request.url === "/") return { status: 200, body: { ready: true } };
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return handle(request, text ? JSON.parse(text) : undefined);
}

function send(response, status, body) {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
  });
  response.end(text);
}
