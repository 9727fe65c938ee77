// What LiveKit Meet renders: `VideoConference` in a `LiveKitRoom`, joined through Meet's connection details.
// Query: `details` (the address of `/api/connection-details`), `room`, `name`, and `camera=false`.

import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { LiveKitRoom, VideoConference } from "@livekit/components-react";
import "@livekit/components-styles";

interface Details {
  serverUrl: string;
  participantToken: string;
}

const query = new URLSearchParams(location.search);
const camera = query.get("camera") !== "false";
const microphone = query.get("microphone") !== "false";

async function fetchDetails(): Promise<Details> {
  const url = new URL(query.get("details") ?? "");
  url.searchParams.set("roomName", query.get("room") ?? "");
  url.searchParams.set("participantName", query.get("name") ?? "Mia");
  const response = await fetch(url);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Details;
}

function Meeting() {
  const [details, setDetails] = useState<Details>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    fetchDetails().then(setDetails, (error: unknown) => setProblem(String(error)));
  }, []);
  if (problem !== "" || details === undefined) return <p data-testid="problem">{problem}</p>;
  return (
    <LiveKitRoom
      serverUrl={details.serverUrl}
      token={details.participantToken}
      audio={microphone}
      video={camera}
      onError={(error) => setProblem(String(error))}
      onDisconnected={() => setProblem("disconnected")}
      style={{ height: "100%" }}
    >
      <VideoConference />
    </LiveKitRoom>
  );
}

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<Meeting />);
