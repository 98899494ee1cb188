// Characters that show nothing, such as zero-width spaces and direction marks: pasted along, and nobody can see them.

// Cf has the direction marks, and Arabic signs that enclose a number; default ignorables are what fonts draw nothing for.
// Braille blank and the object replacement character, which rich text leaves behind, are in neither.
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800\uFFFC]/gu;

export function withoutInvisible(text: string): string {
  return text.replaceAll(invisible, '');
}
