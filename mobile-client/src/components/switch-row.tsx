import type { ComponentType } from 'react';
import { Pressable, Text, View } from 'react-native';

import { useColors } from '@/theme/theme';

import type { IconProps } from './icons/icons';

interface SwitchRowProps {
  label: string;
  hint?: string;
  value: boolean;
  onChange: (value: boolean) => void;
  testID: string;
  icon: ComponentType<IconProps>;
}

/** A whole row that is a switch: a large target, and one element for a screen reader. */
export function SwitchRow({ label, hint, value, onChange, testID, icon: Icon }: SwitchRowProps) {
  const colors = useColors();
  return (
    <Pressable
      testID={testID}
      role="switch"
      aria-checked={value}
      accessibilityLabel={label}
      accessibilityHint={hint}
      onPress={() => onChange(!value)}
      className="min-h-[56px] flex-row items-center gap-3 rounded-xl px-4 py-2.5 hover:bg-raised active:bg-raised"
    >
      <Icon color={value ? colors.accent : colors.muted} />
      <View className="min-w-0 flex-1">
        <Text className="font-medium text-base text-ink">{label}</Text>
        {hint ? <Text className="font-body text-sm text-muted">{hint}</Text> : null}
      </View>
      <View
        className={`h-7 w-12 justify-center rounded-full border p-[3px] ${
          value ? 'items-end border-accent bg-accent' : 'items-start border-control-line bg-raised'
        }`}
      >
        <View className={`h-5 w-5 rounded-full ${value ? 'bg-on-accent' : 'bg-control-line'}`} />
      </View>
    </Pressable>
  );
}
