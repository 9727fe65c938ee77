"""livekit-agents' own avatar worker, with a picture that only changes its brightness: what our agent speaks through.

For: showing in a test that our agent drives livekit-agents' receiver as it comes from its package. Never: being part of
Visavis.

    python avatar_runner.py

Environment: LIVEKIT_URL, LIVEKIT_TOKEN (of kind agent, with the attribute lk.publish_on_behalf), AGENT_IDENTITY. It prints
one JSON object a line: `ready`; `segment` with the seconds of sound that came when a segment ended; `clear` when it was
told to be silent; `told` with what it told the agent.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator

from livekit import rtc
from livekit.agents.voice.avatar import (
    AudioSegmentEnd,
    AvatarOptions,
    AvatarRunner,
    DataStreamAudioReceiver,
    VideoGenerator,
)

SAMPLE_RATE = 24000
SIDE = 64
FPS = 25


def tell(event: str, **values: object) -> None:
    print(json.dumps({"event": event, "at": time.time(), **values}), flush=True)


class Brightness(VideoGenerator):
    """Plays what it is given in real time, 40 ms of sound with each picture."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[rtc.AudioFrame | AudioSegmentEnd] = asyncio.Queue()
        self._stream = bytearray()
        self._received = 0.0

    async def push_audio(self, frame: rtc.AudioFrame | AudioSegmentEnd) -> None:
        if isinstance(frame, AudioSegmentEnd):
            tell("segment", seconds=round(self._received, 4))
            self._received = 0.0
        else:
            self._received += frame.duration
        await self._queue.put(frame)

    def clear_buffer(self) -> None:
        tell("clear")
        while not self._queue.empty():
            self._queue.get_nowait()
        self._stream.clear()
        self._received = 0.0

    def _picture(self, level: int) -> rtc.VideoFrame:
        return rtc.VideoFrame(SIDE, SIDE, rtc.VideoBufferType.RGBA, bytes([level, level, level, 255]) * (SIDE * SIDE))

    async def __aiter__(self) -> AsyncIterator[rtc.VideoFrame | rtc.AudioFrame | AudioSegmentEnd]:
        chunk = SAMPLE_RATE // FPS
        while True:
            try:
                frame = self._queue.get_nowait()
            except asyncio.QueueEmpty:
                yield self._picture(40)
                await asyncio.sleep(1 / FPS)
                continue
            if isinstance(frame, AudioSegmentEnd):
                if self._stream:
                    count = len(self._stream) // 2
                    yield self._picture(200)
                    yield rtc.AudioFrame(bytes(self._stream), SAMPLE_RATE, 1, count)
                    self._stream.clear()
                yield frame
                continue
            self._stream += bytes(frame.data)
            while len(self._stream) >= chunk * 2:
                data = bytes(self._stream[: chunk * 2])
                del self._stream[: chunk * 2]
                yield self._picture(200)
                yield rtc.AudioFrame(data, SAMPLE_RATE, 1, chunk)


class Receiver(DataStreamAudioReceiver):
    """Says what it tells the agent."""

    def notify_playback_finished(self, playback_position: float, interrupted: bool) -> None:
        tell("told", position=playback_position, interrupted=interrupted)
        super().notify_playback_finished(playback_position, interrupted)


async def main() -> None:
    room = rtc.Room()
    await room.connect(os.environ["LIVEKIT_URL"], os.environ["LIVEKIT_TOKEN"])
    runner = AvatarRunner(
        room,
        audio_recv=Receiver(room, sender_identity=os.environ["AGENT_IDENTITY"]),
        video_gen=Brightness(),
        options=AvatarOptions(
            video_width=SIDE, video_height=SIDE, video_fps=FPS, audio_sample_rate=SAMPLE_RATE, audio_channels=1
        ),
    )
    await runner.start()
    tell("ready")
    await asyncio.Event().wait()


asyncio.run(main())
