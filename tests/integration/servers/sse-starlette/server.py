"""The test server with sse-starlette on Starlette and uvicorn."""

import asyncio
import json
import socket
from pathlib import Path

import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

FEED = json.loads((Path(__file__).parent.parent / "feed.json").read_text("utf-8"))
RETRY = 30
KEEP_ALIVE = 0.1

open_streams = 0


def respond(events):
    """Counts the streams that the library has started and not yet ended."""

    async def counted():
        global open_streams
        open_streams += 1
        try:
            async for event in events:
                yield event
        finally:
            open_streams -= 1

    return EventSourceResponse(counted(), ping=KEEP_ALIVE)


async def feed(request: Request):
    # Starlette decodes each byte of a header as a character. The ID is UTF-8.
    last = request.headers.get("last-event-id", "").encode("latin-1").decode()
    begin = next((index + 1 for index, event in enumerate(FEED) if event["id"] == last), 0)

    async def events():
        for event in FEED[begin : begin + 3]:
            yield ServerSentEvent(**event, retry=RETRY)
        if begin >= len(FEED) - 3:
            await asyncio.Event().wait()

    return respond(events())


async def answer(request: Request):
    question = await request.json()

    async def events():
        while True:
            for word in question["words"]:
                await asyncio.sleep(0.005)
                yield ServerSentEvent(word, event="word")
            if question["ends"]:
                return

    return respond(events())


async def count(_request: Request):
    return JSONResponse(open_streams)


app = Starlette(
    routes=[
        Route("/feed", feed),
        Route("/answer", answer, methods=["POST"]),
        Route("/open", count),
    ]
)

listener = socket.create_server(("127.0.0.1", 0))
print(json.dumps({"origin": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
