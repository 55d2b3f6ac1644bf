#!/usr/bin/env node
import { main } from './main.js';

const controller = new AbortController();
// Only the first signal is caught: a second Ctrl-C ends the process whatever it is doing.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());

// A reader that has seen enough (`myelin ... | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

main(process.argv.slice(2), { out: process.stdout, err: process.stderr, env: process.env, signal: controller.signal }).then(
  (code) => {
    process.exitCode = code;
  },
);
