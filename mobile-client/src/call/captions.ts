/** Who said a line. */
export type Speaker = 'agent' | 'self' | 'other';

/** One update of a caption: the whole text of its segment so far. */
export interface CaptionUpdate {
  /** Updates of one segment replace one another. */
  segmentId: string;
  speaker: Speaker;
  /** The name shown with it, for `other`. */
  name: string;
  text: string;
  final: boolean;
}

/** One line of the conversation. */
export interface CaptionLine extends CaptionUpdate {
  /** Typed, not spoken. */
  typed: boolean;
}

/** How many lines are kept. A call may last for hours. */
export const MAX_CAPTION_LINES = 200;

const keyOf = (line: CaptionUpdate) => `${line.speaker} ${line.name} ${line.segmentId}`;

/** Adds or replaces the line of a segment. Empty updates remove it: what was never heard is never shown. */
export function withCaption(lines: CaptionLine[], update: CaptionUpdate, typed = false): CaptionLine[] {
  const index = lines.findIndex((line) => keyOf(line) === keyOf(update));
  const text = update.text.trim();
  if (text === '') {
    return index < 0 ? lines : lines.filter((_, at) => at !== index);
  }
  const previous = lines[index];
  if (previous === undefined) {
    return [...lines, { ...update, text, typed }].slice(-MAX_CAPTION_LINES);
  }
  // Streams may overtake one another; a final text is never taken back by an earlier guess.
  if (previous.final && !update.final) {
    return lines;
  }
  return lines.map((line, at) => (at === index ? { ...update, text, typed } : line));
}
