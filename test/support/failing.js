// Loaded before the program (--import): SIGUSR2 throws an uncaught error, SIGWINCH rejects an unhandled promise.
process.on('SIGUSR2', () => {
  throw new Error('thrown by the test');
});
process.on('SIGWINCH', () => {
  void Promise.reject(new Error('rejected by the test'));
});
