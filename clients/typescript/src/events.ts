// What happened, as it happens: server-sent events.
import { EventSourceParserStream } from "eventsource-parser/stream";
import type { components } from "./api.js";

/** How long a stream may be silent, ms; the server gives a sign of life every 15 s. */
const SILENCE_MS = 20_000;

/** Something that happened; also what a webhook is sent. */
export type Event = components["schemas"]["Event"];

/** Opens the stream; it goes on from after the event `last`, or from now on. Resolves once the server has begun to listen. */
export async function openEvents(
  server: string,
  key: string,
  last: string | undefined,
  signal: AbortSignal,
): Promise<AsyncIterable<Event>> {
  const headers = { authorization: `Bearer ${key}`, accept: "text/event-stream", ...(last && { "last-event-id": last }) };
  const answer = await fetch(`${server}/v1/events/stream`, { headers, signal });
  if (!answer.ok || !answer.body) {
    await answer.body?.cancel();
    throw new Error(`no events: status ${answer.status}`);
  }
  return read(answer.body.pipeThrough(lively()).pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()));
}

async function* read(items: ReadableStream<{ data: string }>): AsyncGenerator<Event> {
  for await (const item of items) yield JSON.parse(item.data) as Event;
}

/** Breaks a stream off on which nothing came for a while, not even the server's sign of life: the line is dead. */
function lively(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let silence: ReturnType<typeof setTimeout>;
  const heard = (controller: TransformStreamDefaultController) => {
    clearTimeout(silence);
    silence = setTimeout(() => controller.error(new Error("the stream fell silent")), SILENCE_MS);
    silence.unref();
  };
  return new TransformStream({
    start: heard,
    transform(bytes, controller) {
      heard(controller);
      controller.enqueue(bytes);
    },
    flush: () => clearTimeout(silence),
  });
}
