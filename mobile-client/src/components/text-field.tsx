import { useId, useState, type ReactNode } from 'react';
import { Text, TextInput, View, type TextInputProps } from 'react-native';

import { useColors } from '@/theme/theme';

interface TextFieldProps extends Pick<
  TextInputProps,
  'autoCapitalize' | 'autoComplete' | 'autoCorrect' | 'inputMode' | 'onSubmitEditing' | 'secureTextEntry' | 'maxLength'
> {
  label: string;
  value: string;
  onChangeText: (text: string) => void;
  testID: string;
  hint?: string;
  problem?: string | null;
  /** A control at the end of the field. */
  accessory?: ReactNode;
}

export function TextField({ label, hint, problem, accessory, testID, ...input }: TextFieldProps) {
  const colors = useColors();
  const id = useId();
  const [focused, setFocused] = useState(false);
  const note = problem ?? hint;
  const border = problem ? 'border-danger' : focused ? 'border-accent' : 'border-control-line';
  return (
    <View className="gap-1.5">
      <Text nativeID={id} className="font-medium text-sm text-ink">
        {label}
      </Text>
      <View className={`min-h-[52px] flex-row items-center rounded-xl border bg-surface ${border}`}>
        <TextInput
          {...input}
          testID={testID}
          accessibilityLabel={label}
          accessibilityLabelledBy={id}
          accessibilityHint={note}
          aria-invalid={Boolean(problem)}
          placeholderTextColor={colors.muted}
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
          className="min-w-0 flex-1 px-4 py-3 font-body text-base text-ink"
        />
        {accessory}
      </View>
      {note ? (
        <Text
          testID={problem ? `${testID}-problem` : undefined}
          role={problem ? 'alert' : undefined}
          className={`font-body text-sm ${problem ? 'text-danger' : 'text-muted'}`}
        >
          {note}
        </Text>
      ) : null}
    </View>
  );
}
