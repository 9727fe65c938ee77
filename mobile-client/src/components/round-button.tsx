import type { ComponentType } from 'react';
import { Pressable } from 'react-native';

import { useColors, type ColorName } from '@/theme/theme';

import type { IconProps } from './icons/icons';

type Look = 'plain' | 'off' | 'danger' | 'bare';

interface RoundButtonProps {
  label: string;
  icon: ComponentType<IconProps>;
  onPress: () => void;
  testID?: string;
  look?: Look;
  size?: 'medium' | 'large';
  disabled?: boolean;
  /** What it shows is not so yet. */
  busy?: boolean;
}

const SURFACE: Record<Look, string> = {
  plain: 'bg-raised',
  off: 'bg-ink',
  danger: 'bg-danger',
  bare: 'bg-transparent hover:bg-raised',
};
const INK: Record<Look, ColorName> = { plain: 'ink', off: 'canvas', danger: 'on-danger', bare: 'muted' };

export function RoundButton({
  label,
  icon: Icon,
  onPress,
  testID,
  look = 'plain',
  size = 'medium',
  disabled = false,
  busy = false,
}: RoundButtonProps) {
  const colors = useColors();
  return (
    <Pressable
      testID={testID}
      role="button"
      accessibilityLabel={label}
      aria-disabled={disabled}
      aria-busy={busy}
      disabled={disabled}
      onPress={onPress}
      className={`items-center justify-center rounded-full hover:opacity-90 active:opacity-75 ${SURFACE[look]} ${
        size === 'large' ? 'h-14 w-14' : 'h-11 w-11'
      } ${disabled || busy ? 'opacity-40' : ''}`}
    >
      <Icon color={colors[INK[look]]} size={size === 'large' ? 26 : 22} />
    </Pressable>
  );
}
