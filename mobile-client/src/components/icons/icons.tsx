import type { ReactNode } from 'react';
import Svg, { Circle, Line, Path, Rect } from 'react-native-svg';

export interface IconProps {
  color: string;
  size?: number;
}

/** Line icons on a grid of 24, all of one stroke. They are never read out: the control beside them has the label. */
function Icon({ color, size = 24, children }: IconProps & { children: ReactNode }) {
  return (
    <Svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke={color}
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
      accessibilityElementsHidden
      importantForAccessibility="no-hide-descendants"
    >
      {children}
    </Svg>
  );
}

const Slash = () => <Line x1={4} y1={4} x2={20} y2={20} />;

export const MicrophoneIcon = (props: IconProps) => (
  <Icon {...props}>
    <Rect x={9} y={3} width={6} height={11} rx={3} />
    <Path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </Icon>
);

export const MicrophoneOffIcon = (props: IconProps) => (
  <Icon {...props}>
    <Rect x={9} y={3} width={6} height={11} rx={3} />
    <Path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
    <Slash />
  </Icon>
);

export const CameraIcon = (props: IconProps) => (
  <Icon {...props}>
    <Rect x={3} y={6} width={12} height={12} rx={3} />
    <Path d="M15 11l6-3.5v9L15 13" />
  </Icon>
);

export const CameraOffIcon = (props: IconProps) => (
  <Icon {...props}>
    <Rect x={3} y={6} width={12} height={12} rx={3} />
    <Path d="M15 11l6-3.5v9L15 13" />
    <Slash />
  </Icon>
);

/** A handset, laid down. */
const HANDSET = [
  'M3 14.5c0-1.6.6-2.6 1.7-3.3 2-1.3 4.5-2 7.3-2s5.3.7 7.3 2c1.1.7 1.7 1.7 1.7 3.3',
  '0 .8-.6 1.3-1.4 1.2l-2.7-.4c-.7-.1-1.2-.6-1.3-1.3l-.2-1.5c-1.1-.3-2.2-.5-3.4-.5',
  's-2.3.2-3.4.5l-.2 1.5c-.1.7-.6 1.2-1.3 1.3l-2.7.4c-.8.1-1.4-.4-1.4-1.2z',
].join(' ');

export const LeaveIcon = (props: IconProps) => (
  <Icon {...props}>
    <Path d={HANDSET} />
  </Icon>
);

export const InviteIcon = (props: IconProps) => (
  <Icon {...props}>
    <Circle cx={10} cy={8} r={3.75} />
    <Path d="M3.5 20c.5-3.6 3.1-5.5 6.5-5.5 1.7 0 3.2.5 4.3 1.4M18.5 14.5v6M15.5 17.5h6" />
  </Icon>
);

export const SpeakerIcon = (props: IconProps) => (
  <Icon {...props}>
    <Path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a7.5 7.5 0 0 1 0 11" />
  </Icon>
);

export const EarpieceIcon = (props: IconProps) => (
  <Icon {...props}>
    <Path d="M7.5 9.5a5 5 0 0 1 10 0c0 4-4 4-4 7.5a3 3 0 0 1-5.5 1.5M10.5 10a2 2 0 0 1 4 0" />
  </Icon>
);

export const DetailsIcon = (props: IconProps) => (
  <Icon {...props}>
    <Path d="M4 19v-4M9.3 19v-7M14.7 19v-10M20 19V5" />
  </Icon>
);

export const SendIcon = (props: IconProps) => (
  <Icon {...props}>
    <Path d="M12 19V5M5.5 11.5L12 5l6.5 6.5" />
  </Icon>
);

export const RefreshIcon = (props: IconProps) => (
  <Icon {...props}>
    <Path d="M19.5 12a7.5 7.5 0 1 1-2.3-5.4L20 9.2M20 4.5v4.7h-4.7" />
  </Icon>
);

export const CloseIcon = (props: IconProps) => (
  <Icon {...props}>
    <Path d="M6 6l12 12M18 6L6 18" />
  </Icon>
);

export const CheckIcon = (props: IconProps) => (
  <Icon {...props}>
    <Path d="M5 12.5l4.5 4.5L19 7.5" />
  </Icon>
);

export const WarningIcon = (props: IconProps) => (
  <Icon {...props}>
    <Circle cx={12} cy={12} r={9} />
    <Path d="M12 7.5v5.5M12 16.5v.1" />
  </Icon>
);
