// Runs a command: what it cannot do is told in one line, and only its own faults come with a stack trace.
import { StartupError } from './startup-error.ts';

/** Ends the process with 1 when the work fails. */
export async function runCommand(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { message, stack } = error as Error;
    console.error(`private-messages: ${error instanceof StartupError ? message : stack}`);
    process.exit(1);
  }
}
