"""Makes the recordings with which the pre-connect buffer is tested: 300, 600 and 1200 Hz for one second each.

They are muxed as browsers' MediaRecorder does: WebM with Opus and unknown sizes (Chrome), Ogg with Opus (Firefox), fragmented MP4 with AAC
(Safari) or with Opus (newer Safari).

Usage: python3 make_preconnect.py DIRECTORY      (needs `pip install av numpy`; made with av 18.1.0)
"""

import pathlib
import sys

import av
import numpy

RATE = 48_000
TONES = (300, 600, 1200)
KINDS = {
    "opus.webm": ("webm", "libopus", {"live": "1", "cluster_time_limit": "500"}),
    "aac.mp4": ("mp4", "aac", {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "500000"}),
    "opus.ogg": ("ogg", "libopus", {}),
    "opus.mp4": ("mp4", "libopus", {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "500000"}),
}


def tones() -> numpy.ndarray:
    """All tones as one line of samples, each faded in and out over 10 ms."""
    time = numpy.arange(RATE) / RATE
    fade = numpy.clip(numpy.minimum(time, 1 - time) / 0.01, 0, 1)
    return numpy.concatenate([0.5 * fade * numpy.sin(2 * numpy.pi * tone * time) for tone in TONES])


def main() -> None:
    directory = pathlib.Path(sys.argv[1])
    samples = tones().astype(numpy.float32)
    for name, (container, codec, options) in KINDS.items():
        with av.open(str(directory / f"preconnect_{name}"), "w", format=container, options=options) as output:
            stream = output.add_stream(codec, rate=RATE, layout="mono")
            stream.bit_rate = 32_000
            for start in range(0, len(samples), 960):
                part = samples[start : start + 960].reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
                if codec == "libopus":
                    frame = av.AudioFrame.from_ndarray(part, format="flt", layout="mono")
                frame.sample_rate = RATE
                frame.pts = start
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))


main()
