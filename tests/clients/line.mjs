// A bad line between a till and its server: a real proxy that loses what it is told to lose.
import { createServer, request as send } from "node:http";

/**
 * Hands requests on to `base`. `plan(request)` says what becomes of one: "pass", "lose_before" (never arrives), "lose_after" (is done,
 * and the answer is lost), or `{ status, headers, body }` (somebody in between answers). `seen` is every request: method, url, key, last event.
 */
export async function badLine(t, base, plan) {
  const seen = [];
  const open = new Set();
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    seen.push({ method, url, key: headers["idempotency-key"], last: headers["last-event-id"] });
    const fate = plan(seen.at(-1));
    if (fate === "lose_before") return request.socket.destroy();
    if (fate.status) return response.writeHead(fate.status, fate.headers).end(fate.body ?? "<h1>Bad gateway</h1>");
    const on = send(base + url, { method, headers: { ...headers, host: new URL(base).host } }, (answer) => {
      if (fate === "lose_after") return answer.resume().on("end", () => request.socket.destroy());
      response.writeHead(answer.statusCode, answer.headers).flushHeaders();
      answer.on("error", () => response.destroy()).pipe(response);
    });
    on.on("error", () => response.destroy());
    response.on("close", () => on.destroy());
    request.pipe(on);
  });
  server.on("connection", (socket) => open.add(socket.on("close", () => open.delete(socket))));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const cut = () => open.forEach((socket) => socket.destroy());
  t.after(() => (cut(), server.close()));
  return { base: `http://127.0.0.1:${server.address().port}`, seen, cut };
}
