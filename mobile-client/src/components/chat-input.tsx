import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { TextInput, View } from 'react-native';

import { useColors } from '@/theme/theme';

import { SendIcon } from './icons/icons';
import { RoundButton } from './round-button';

interface ChatInputProps {
  /** What is written so far: kept by whoever outlives this line. */
  draft: string;
  onDraft: (draft: string) => void;
  onSend: (text: string) => void;
}

/** A line to write in. */
export function ChatInput({ draft, onDraft, onSend }: ChatInputProps) {
  const { t } = useTranslation();
  const colors = useColors();
  const [focused, setFocused] = useState(false);
  const border = focused ? 'border-accent' : 'border-control-line';
  const message = draft.trim();
  const send = () => {
    if (message === '') return;
    onSend(message);
    onDraft('');
  };
  return (
    <View className={`flex-row items-center rounded-full border bg-surface pr-1 ${border}`}>
      <TextInput
        testID="chat-input"
        accessibilityLabel={t('call.chatLabel')}
        placeholder={t('call.chatPlaceholder')}
        placeholderTextColor={colors.muted}
        value={draft}
        onChangeText={onDraft}
        onSubmitEditing={send}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        submitBehavior="submit"
        returnKeyType="send"
        maxLength={2000}
        className="min-h-[52px] min-w-0 flex-1 py-2 pl-5 pr-1 font-body text-base text-ink"
      />
      <RoundButton
        testID="chat-send"
        label={t('call.send')}
        icon={SendIcon}
        look={message === '' ? 'bare' : 'plain'}
        disabled={message === ''}
        onPress={send}
      />
    </View>
  );
}
