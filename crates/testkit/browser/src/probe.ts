// Runs in every page before its own scripts: watches its peer connections, can take its camera away, and can hold its microphone back.

/** Sums since the page was opened. */
export interface Sample {
  /** Milliseconds since the page was opened. */
  at_ms: number;
  /** Energy of all sound received, and how many seconds of it were played (webrtc-stats `totalAudioEnergy`, `totalSamplesDuration`). */
  heard_energy: number;
  heard_seconds: number;
  frames_decoded: number;
  frames_sent: number;
  /** Energy of the microphone as it is sent. */
  microphone_energy: number;
}

export interface Probe {
  samples: Sample[];
  /** How many tracks ended. Until the camera is given back it cannot be opened either. */
  loseCamera(): number;
  giveCameraBack(): void;
  /** From now on, whoever opens the microphone waits for it until it is let go. */
  holdMicrophone(): void;
  letMicrophoneGo(): void;
}

declare global {
  interface Window {
    callProbe: Probe;
  }
}

/** Installed through `addInitScript`: must not refer to anything outside of itself. */
export function installProbe(): void {
  const interval = 200;
  const kept = 3000;
  const connections: RTCPeerConnection[] = [];
  const cameras: MediaStreamTrack[] = [];
  const last = new Map<string, number>();
  const totals = { heard_energy: 0, heard_seconds: 0, frames_decoded: 0, frames_sent: 0, microphone_energy: 0 };
  const samples: Sample[] = [];
  let cameraLost = false;
  let microphone = Promise.resolve();
  let letMicrophoneGo = (): void => undefined;

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };

  const devices: MediaDevices | undefined = navigator.mediaDevices;
  if (devices !== undefined) {
    const getUserMedia = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      if (cameraLost && constraints?.video) {
        throw new DOMException("Requested device not found", "NotFoundError");
      }
      if (constraints?.audio) await microphone;
      const stream = await getUserMedia(constraints);
      cameras.push(...stream.getVideoTracks());
      return stream;
    };
  }

  // A statistic ends with its track: only what it grew by counts, so that the sums never fall.
  const add = (total: keyof typeof totals, key: string, value: unknown): void => {
    if (typeof value !== "number") return;
    totals[total] += Math.max(0, value - (last.get(key + total) ?? 0));
    last.set(key + total, value);
  };

  const look = async (): Promise<void> => {
    for (const [index, connection] of connections.entries()) {
      if (connection.connectionState === "closed") continue;
      const report = await connection.getStats();
      report.forEach((stat: Record<string, unknown>) => {
        const key = `${index}/${String(stat["id"])}/`;
        if (stat["type"] === "inbound-rtp" && stat["kind"] === "audio") {
          add("heard_energy", key, stat["totalAudioEnergy"]);
          add("heard_seconds", key, stat["totalSamplesDuration"]);
        } else if (stat["type"] === "inbound-rtp" && stat["kind"] === "video") {
          add("frames_decoded", key, stat["framesDecoded"]);
        } else if (stat["type"] === "outbound-rtp" && stat["kind"] === "video") {
          add("frames_sent", key, stat["framesSent"]);
        } else if (stat["type"] === "media-source" && stat["kind"] === "audio") {
          add("microphone_energy", key, stat["totalAudioEnergy"]);
        }
      });
    }
    samples.push({ at_ms: performance.now(), ...totals });
    if (samples.length > kept) samples.shift();
  };

  const loop = (): void => {
    // A connection that closes meanwhile has no statistics: the next round goes without it.
    look()
      .catch(() => undefined)
      .finally(() => setTimeout(loop, interval));
  };
  loop();

  window.callProbe = {
    samples,
    loseCamera: () => {
      cameraLost = true;
      const live = cameras.filter((track) => track.readyState === "live");
      for (const track of live) {
        track.stop();
        // Stopping a track oneself fires no event; losing a device does.
        track.dispatchEvent(new Event("ended"));
      }
      return live.length;
    },
    giveCameraBack: () => {
      cameraLost = false;
    },
    holdMicrophone: () => {
      microphone = new Promise((resolve) => (letMicrophoneGo = resolve));
    },
    letMicrophoneGo: () => letMicrophoneGo(),
  };
}
