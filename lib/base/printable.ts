/**
 * Characters that steer a terminal or a reader's eye instead of being read: C0 and C1 control characters but tab and line
 * break, DEL, marks and overrides of writing direction, separators of lines and paragraphs, and invisible joiners.
 */
const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/**
 * `text` without anything that a terminal, a log viewer or a mail reader would obey: each such character becomes U+FFFD.
 * Line breaks stay, a carriage return before one is dropped.
 */
export function printable(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(CONTROLS, '\ufffd');
}
