// Makes a server listen; what the operating system refuses is explained by the settings.
import type { Server } from 'node:http';
import { StartupError } from '../startup-error.ts';

interface Place {
  host: string;
  port: number;
}

/** `prefix` is how the names of the two settings begin. Throws a StartupError. */
export async function listen(server: Server, place: Place, prefix = ''): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(place.port, place.host, resolve);
    });
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, place, prefix);
  }
}

function explain(error: NodeJS.ErrnoException, { port, host }: Place, prefix: string): Error {
  const [PORT, HOST] = [`${prefix}PORT`, `${prefix}HOST`];
  const unknown = `The name ${host} is unknown: set ${HOST} to an address of this machine.`;
  const cause = {
    EADDRINUSE: `Port ${port} is already in use: set ${PORT} to another one.`,
    EACCES: `Port ${port} requires more privileges: set ${PORT} to one above 1023.`,
    EADDRNOTAVAIL: `The address ${host} is not of this machine: set ${HOST} to one that is.`,
    ENOTFOUND: unknown,
    EAI_AGAIN: unknown,
  }[error.code ?? ''];
  return new StartupError(cause ?? `Cannot listen on ${HOST} ${host}, ${PORT} ${port}: ${error.message}.`);
}
