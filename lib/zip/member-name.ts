/** General purpose flag: the name is UTF-8. Otherwise Python reads it as code page 437. */
const UTF8_NAME = 0x0800;

/** Code page 437 from 0x80 on, as Python's codec has it (Unicode consortium, CP437.TXT). Below it is ASCII. */
const CP437_HIGH =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»' +
  '░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀' +
  'αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

export function isUtf8Name(flags: number): boolean {
  return (flags & UTF8_NAME) !== 0;
}

/**
 * A member's name as Python's zipfile (2.7 to 3.11, the managers' readers) decodes it: from the header's own bytes. The
 * Unicode path field 0x7075 is ignored there, and so here. The bytes of a flagged name must be valid UTF-8.
 */
export function decodeName(flags: number, bytes: Buffer): string {
  return isUtf8Name(flags) ? bytes.toString('utf8') : decodeCp437(bytes);
}

function decodeCp437(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  return text.replace(/[\x80-\xff]/g, (letter) => CP437_HIGH.charAt(letter.charCodeAt(0) - 0x80));
}
