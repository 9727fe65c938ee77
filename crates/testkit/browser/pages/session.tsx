// What LiveKit's starters do: `useSession` over `TokenSource.endpoint`, `useAgent`, `useTranscriptions`.
// Query: `endpoint`, and `preconnect=true` to send what was said before the agent was there.

import { useEffect, useMemo, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { LogLevel, Room, setLogLevel, TokenSource } from "livekit-client";
import {
  RoomAudioRenderer,
  SessionProvider,
  useAgent,
  useSession,
  useTranscriptions,
  VideoTrack,
} from "@livekit/components-react";

// So that a test that fails can say what the library did.
setLogLevel(LogLevel.debug);

const query = new URLSearchParams(location.search);
const endpoint = query.get("endpoint") ?? "";
const preConnectBuffer = query.get("preconnect") === "true";

interface Step {
  what: string;
  at_ms: number;
}

/** Notes when something became what it is, for the first time. */
function useTimeline(what: string): Step[] {
  const [steps, setSteps] = useState<Step[]>([]);
  useEffect(() => {
    const at_ms = performance.now();
    setSteps((earlier) => (earlier.some((step) => step.what === what) ? earlier : [...earlier, { what, at_ms }]));
  }, [what]);
  return steps;
}

function Call() {
  const source = useMemo(() => TokenSource.endpoint(endpoint), []);
  // livekit-client 2.23 looks for this option here alone: what `session.start` is told about it has no effect.
  const room = useMemo(() => new Room({ publishDefaults: { preConnectBuffer } }), []);
  const session = useSession(source, { participantName: "Ada", room });
  const [problem, setProblem] = useState("");
  const begin = () => {
    session
      .start({ tracks: { microphone: { enabled: true, publishOptions: { preConnectBuffer } } } })
      .catch((error: unknown) => setProblem(String(error)));
  };
  const started = useRef(false);
  useEffect(() => {
    if (started.current) return;
    started.current = true;
    begin();
  });
  return (
    <SessionProvider session={session}>
      <Agent connection={session.connectionState} />
      <RoomAudioRenderer />
      <p data-testid="problem">{problem}</p>
      <button data-testid="end" onClick={() => void session.end()}>
        End
      </button>
      <button data-testid="again" onClick={begin}>
        Start again
      </button>
    </SessionProvider>
  );
}

function Agent({ connection }: { connection: string }) {
  const agent = useAgent();
  const transcriptions = useTranscriptions();
  const connections = useTimeline(`connection ${connection}`);
  const states = useTimeline(`agent ${agent.state}`);
  return (
    <main
      data-testid="session"
      data-connection={connection}
      data-agent-state={agent.state}
      data-failure={agent.failureReasons?.join("; ") ?? ""}
      data-timeline={JSON.stringify([...connections, ...states])}
    >
      {agent.cameraTrack && <VideoTrack trackRef={agent.cameraTrack} width={256} />}
      <ul>
        {transcriptions.map((line) => (
          <li
            key={`${line.participantInfo.identity}/${line.streamInfo.id}`}
            data-testid={line.participantInfo.identity === agent.identity ? "caption-agent" : "caption-user"}
          >
            {line.text}
          </li>
        ))}
      </ul>
    </main>
  );
}

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<Call />);
