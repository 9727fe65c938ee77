import { Pressable, Text } from 'react-native';

type Look = 'primary' | 'quiet';

interface ButtonProps {
  label: string;
  onPress: () => void;
  testID?: string;
  look?: Look;
  disabled?: boolean;
}

const SURFACE: Record<Look, string> = {
  primary: 'bg-accent hover:opacity-90 active:opacity-80',
  quiet: 'bg-raised hover:opacity-90 active:opacity-80',
};
const INK: Record<Look, string> = { primary: 'text-on-accent', quiet: 'text-ink' };

export function Button({ label, onPress, testID, look = 'primary', disabled = false }: ButtonProps) {
  return (
    <Pressable
      testID={testID}
      role="button"
      accessibilityLabel={label}
      aria-disabled={disabled}
      disabled={disabled}
      onPress={onPress}
      className={`min-h-[52px] items-center justify-center rounded-2xl px-5 py-3 ${SURFACE[look]} ${
        disabled ? 'opacity-50' : ''
      }`}
    >
      <Text className={`text-center font-strong text-base ${INK[look]}`}>{label}</Text>
    </Pressable>
  );
}
