"""Computes whisper_features.txt with pipecat's own code.

    pip download --no-deps pipecat-ai==1.14.0 && unzip pipecat_ai-*.whl 'pipecat/audio/turn/smart_turn/*'
    pip install numpy
    python3 whisper_features.py pipecat/audio/turn/smart_turn/_whisper_features.py > whisper_features.txt
"""

import importlib.util
import math
import sys

import numpy as np

spec = importlib.util.spec_from_file_location("whisper_features", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

state = 1
samples = []
for index in range(48_000):
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    noise = (state >> 40) / 2**24 * 2 - 1
    time = index / 16_000
    tone = math.sin(2 * math.pi * (100 * time + 1000 * time * time))
    burst = (1 - math.modf(time * 4)[0]) ** 4
    samples.append(0.4 * burst * tone + 0.002 * noise + 0.01)

audio = np.array(samples, dtype=np.float32)
# As LocalSmartTurnAnalyzerV3 does: zeros in front.
audio = np.pad(audio, (128_000 - audio.size, 0))
picture = module.compute_whisper_log_mel_features(audio, do_normalize=True)
print("# 80 bands, every 20th of 800 frames; by whisper_features.py")
for band in picture:
    print(" ".join(f"{value:.4f}" for value in band[::20]))
