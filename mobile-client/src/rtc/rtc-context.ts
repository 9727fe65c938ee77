import { createContext, useContext } from 'react';

import { rtc } from './rtc';
import type { Rtc } from './rtc.types';

export const RtcContext = createContext<Rtc>(rtc);

export const useRtc = () => useContext(RtcContext);
