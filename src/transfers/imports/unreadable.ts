// Error for a file that cannot be imported; its message is shown to the user.
export class Unreadable extends Error {}
