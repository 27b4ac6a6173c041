import { workerData } from 'node:worker_threads';

const INTERVAL_MS = 1000;

// An orphan gets another parent. The main thread may be in an endless loop, in which it learns of nothing.
setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
}, INTERVAL_MS);
