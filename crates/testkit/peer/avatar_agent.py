"""A stock livekit-agents session that speaks through a separate avatar participant: the driver of our `agent-worker avatar`.

For: showing in a test that the avatar understands livekit-agents as it comes from its package. Never: being part of Visavis.

    python avatar_agent.py

Environment: LIVEKIT_URL, LIVEKIT_TOKEN (of kind agent), AVATAR_IDENTITY. It prints one JSON object a line:
`ready`, then for each of three speeches (2 s; 10 s, interrupted after 1.5 s; 1 s) `started` and `finished` with
`position` and `interrupted`; and `done`.
"""

import asyncio
import json
import math
import os
from array import array
from collections.abc import AsyncIterator

from livekit import rtc
from livekit.agents import Agent, AgentSession
from livekit.agents.voice.avatar import DataStreamAudioOutput
from livekit.agents.voice.room_io import RoomOptions

SAMPLE_RATE = 24000
FRAME = SAMPLE_RATE // 20


def tell(event: str, **values: object) -> None:
    print(json.dumps({"event": event, **values}), flush=True)


async def tone(seconds: float, hertz: float) -> AsyncIterator[rtc.AudioFrame]:
    """A tone, as a voice would come: faster than it sounds, in frames of 50 ms."""
    total = int(seconds * SAMPLE_RATE)
    for start in range(0, total, FRAME):
        count = min(FRAME, total - start)
        samples = array(
            "h",
            (int(12000 * math.sin(2 * math.pi * hertz * (start + n) / SAMPLE_RATE)) for n in range(count)),
        )
        yield rtc.AudioFrame(samples.tobytes(), SAMPLE_RATE, 1, count)
        await asyncio.sleep(0.005)


async def main() -> None:
    room = rtc.Room()
    await room.connect(os.environ["LIVEKIT_URL"], os.environ["LIVEKIT_TOKEN"])
    session = AgentSession()
    output = DataStreamAudioOutput(
        room,
        destination_identity=os.environ["AVATAR_IDENTITY"],
        sample_rate=SAMPLE_RATE,
        wait_remote_track=rtc.TrackKind.KIND_VIDEO,
        wait_playback_start=True,
    )
    started = asyncio.Event()

    def on_started(_: object) -> None:
        started.set()
        tell("started")

    output.on("playback_started", on_started)
    output.on(
        "playback_finished",
        lambda ev: tell("finished", position=ev.playback_position, interrupted=ev.interrupted),
    )
    session.output.audio = output
    await session.start(
        agent=Agent(instructions="-"), room=room, room_options=RoomOptions(audio_output=False, audio_input=False)
    )
    tell("ready")

    await session.say("one", audio=tone(2.0, 500.0), add_to_chat_ctx=False)
    # Whoever listens shall tell one from the other.
    await asyncio.sleep(1.0)
    started.clear()
    speech = session.say("two", audio=tone(10.0, 500.0), add_to_chat_ctx=False)
    await asyncio.wait_for(started.wait(), 10)
    await asyncio.sleep(1.5)
    tell("interrupting")
    speech.interrupt()
    await speech
    await asyncio.sleep(1.0)
    await session.say("three", audio=tone(1.0, 500.0), add_to_chat_ctx=False)
    tell("done")
    await session.aclose()
    await room.disconnect()


asyncio.run(main())
