/**
 * Server-sent events over fetch: EventSource cannot send a bearer token. Comes back by itself with the last event's id.
 * `on` hears `(event, data)`; `state` hears 'on', 'lost', or the HTTP status that ended it for good (401, 403).
 */
export function follow(url, { token, lastId, on, state, signal }) {
  let id = lastId;
  const loop = async () => {
    for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, 10_000)) {
      try {
        const headers = {
          authorization: `Bearer ${token}`,
          accept: 'text/event-stream',
          ...(id === undefined ? {} : { 'last-event-id': String(id) }),
        };
        const answer = await fetch(url, { headers, signal, cache: 'no-store' });
        if (answer.status === 401 || answer.status === 403) return state(answer.status);
        if (!answer.ok || answer.body === null) throw new Error(String(answer.status));
        state('on');
        pause = 500;
        for await (const event of events(answer.body)) {
          if (event.id !== undefined) id = event.id;
          on(event.name, event.data);
        }
      } catch {
        if (signal.aborted) return undefined;
      }
      state('lost');
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return undefined;
  };
  return loop();
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    buffer += value;
    for (let end = buffer.indexOf('\n\n'); end !== -1; end = buffer.indexOf('\n\n')) {
      const event = parse(buffer.slice(0, end));
      buffer = buffer.slice(end + 2);
      if (event !== null) yield event;
    }
  }
}

function parse(block) {
  const event = { id: undefined, name: 'message', data: '' };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const field = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') event.id = value;
    else if (field === 'event') event.name = value;
    else if (field === 'data') event.data += value;
  }
  if (event.data === '') return null;
  return { ...event, data: JSON.parse(event.data) };
}
