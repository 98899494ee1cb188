// Strips invisible characters, such as zero-width spaces and direction marks, which are pasted unnoticed.

// Cf has direction marks and Arabic number signs; default ignorables have no glyph. Neither includes Braille blank and
// the object replacement character, which rich text leaves behind.
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800\uFFFC]/gu;

export function withoutInvisible(text: string): string {
  return text.replaceAll(invisible, '');
}
