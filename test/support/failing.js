// Loaded before the program (--import): SIGUSR2 throws an error that nothing catches, SIGWINCH rejects a promise that nobody waits for.
process.on('SIGUSR2', () => {
  throw new Error('thrown by the test');
});
process.on('SIGWINCH', () => {
  void Promise.reject(new Error('rejected by the test'));
});
