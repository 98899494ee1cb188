// A file that cannot be imported, and why, in words for the person who chose it.
export class Unreadable extends Error {}
