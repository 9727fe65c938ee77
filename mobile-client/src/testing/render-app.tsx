import { act, fireEvent, renderRouter, screen } from 'expo-router/testing-library';
import type { ReactNode } from 'react';

import CallRoute from '@/app/call';
import JoinRoute from '@/app/index';
import RootLayout from '@/app/_layout';
import { DeadlinesContext, type Deadlines } from '@/call/deadlines';
import { RtcContext } from '@/rtc/rtc-context';

import { fakeRtc, type FakeRoom, type FakeRtc } from './fake-rtc';
import { FakeServer } from './fake-server';

export interface App {
  rtc: FakeRtc;
  server: FakeServer;
  /** The room of the call that runs now. */
  room(): FakeRoom;
}

interface AppOptions {
  rtc?: FakeRtc;
  server?: FakeServer;
  deadlines?: Partial<Deadlines>;
  url?: string;
}

/** The whole app, its routes included, with a fake room and a fake server behind it. */
export function renderApp({ rtc = fakeRtc(), server = new FakeServer(), deadlines, url = '/' }: AppOptions = {}): App {
  globalThis.fetch = server.fetch as typeof fetch;
  const patient: Deadlines = { serverAnswer: 1e6, roomConnected: 1e6, agentArrival: 1e6, reconnected: 1e6 };
  const Around = ({ children }: { children: ReactNode }) => (
    <RtcContext.Provider value={rtc}>
      <DeadlinesContext.Provider value={{ ...patient, ...deadlines }}>{children}</DeadlinesContext.Provider>
    </RtcContext.Provider>
  );
  const Layout = () => (
    <Around>
      <RootLayout />
    </Around>
  );
  renderRouter({ _layout: Layout, index: JoinRoute, call: CallRoute }, { initialUrl: url });
  return {
    rtc,
    server,
    room: () => {
      const latest = rtc.rooms[rtc.rooms.length - 1];
      if (latest === undefined) throw new Error('no room was made yet');
      return latest;
    },
  };
}

/** Lets something happen in the room, and the screen follow. */
export async function happens(what: () => void): Promise<void> {
  await act(async () => what());
}

/** Presses a control once it is there, and lets the screen follow. */
export async function press(control: string): Promise<void> {
  const found = await screen.findByTestId(control);
  await act(async () => fireEvent.press(found));
}

export { screen };
