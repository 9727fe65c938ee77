import { createContext, useContext } from 'react';

/** How long the app waits, in milliseconds, before it says so and offers a way on. */
export interface Deadlines {
  serverAnswer: number;
  roomConnected: number;
  agentArrival: number;
  reconnected: number;
}

export const defaultDeadlines: Deadlines = {
  serverAnswer: 10_000,
  roomConnected: 20_000,
  agentArrival: 20_000,
  reconnected: 45_000,
};

export const DeadlinesContext = createContext<Deadlines>(defaultDeadlines);

export const useDeadlines = () => useContext(DeadlinesContext);
