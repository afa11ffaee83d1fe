// A receiver of webhooks at http://127.0.0.1:3000: npm run receiver
import { createServer } from "node:http";
import { readWebhook } from "handsel";

const { HANDSEL_TILL_WEBHOOK_KEY, PORT } = process.env as Record<string, string>;
const seen = new Set<string>(); // A till keeps these in its own database.

const server = createServer(async (request, response) => {
  if (!(Number(request.headers["content-length"]) <= 65_536)) return response.writeHead(413).end();
  const body = Buffer.concat(await request.toArray());
  try {
    const event = readWebhook(body, request.headers, HANDSEL_TILL_WEBHOOK_KEY!);
    if (!seen.has(event.id)) console.log(`${event.type} ${event.data.payment.id} ${event.data.payment.status}`);
    seen.add(event.id);
    response.writeHead(204).end();
  } catch (error) {
    response.writeHead(401).end(`${error}`);
  }
});
server.listen(Number(PORT ?? 3000), "127.0.0.1", () => console.log("ready"));
