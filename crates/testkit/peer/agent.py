"""The peer of the benchmark `peer`: the same agent as ours, made with livekit-agents (Python).

For: answering the scripted caller with the same engines behind the same addresses as our worker. Never: being part of
Visavis; nothing of ours starts it but the benchmark, which kills it by process id.

    python -m livekit.agents start agent.py

Environment: LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET, OPENAI_BASE_URL, OPENAI_API_KEY, and

    PEER_SILENCE_MS     the silence after which Silero ends a turn, as our worker's `[turns] silence_ms`
    PEER_GREETING       what it says first
    PEER_INSTRUCTIONS   the language model's first message
    PEER_LIFELINE       set: standard input is a lifeline; the benchmark holds the other end, and when that goes, so does
                        this process

It is tuned to be fast: the voice activity's silence is the only wait (no endpointing delay on top), speech comes as PCM
(no MP3 to decode), speech is synthesised before the turn is confirmed, no echo warm-up, a warm process waits for
the next room. The rest is livekit-agents' own defaults.
"""

import os
import sys
import threading

from livekit.agents import Agent, AgentServer, AgentSession, JobContext, JobProcess
from livekit.plugins import openai, silero

SILENCE_SECONDS = float(os.environ["PEER_SILENCE_MS"]) / 1000.0
GREETING = os.environ["PEER_GREETING"]
INSTRUCTIONS = os.environ["PEER_INSTRUCTIONS"]


def no_load() -> float:
    """What the worker says of its load: with two cores shared by everybody, the real one would refuse rooms."""
    return 0.0


def prewarm(process: JobProcess) -> None:
    """Loads the voice activity model before a room comes."""
    process.userdata["vad"] = silero.VAD.load(min_silence_duration=SILENCE_SECONDS)


def end_with_owner() -> None:
    """Ends this process when its standard input ends; the job processes see its end and follow."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


# The server that forks the job processes, and the job processes, load this file too. Their standard input is nobody's, and
# they see the end of this process by themselves.
if os.environ.pop("PEER_LIFELINE", None):
    threading.Thread(target=end_with_owner, daemon=True).start()

server = AgentServer(
    load_fnc=no_load,
    setup_fnc=prewarm,
    num_idle_processes=1,
    host="127.0.0.1",
    port=0,
)


@server.rtc_session()
async def entrypoint(context: JobContext) -> None:
    """One call: joins, greets, talks until the room closes."""
    vad = context.proc.userdata["vad"]
    session = AgentSession(
        vad=vad,
        stt=openai.STT(model="whisper-1", vad=vad, use_realtime=False),
        llm=openai.LLM(model="gpt-4o"),
        tts=openai.TTS(model="tts-1", voice="alloy", response_format="pcm"),
        turn_handling={
            "turn_detection": "vad",
            "endpointing": {"mode": "fixed", "min_delay": 0.0, "max_delay": 0.0},
            "interruption": {"mode": "vad"},
            "preemptive_generation": {"enabled": True, "preemptive_tts": True},
        },
        aec_warmup_duration=None,
    )
    await session.start(agent=Agent(instructions=INSTRUCTIONS), room=context.room)
    session.say(GREETING)
